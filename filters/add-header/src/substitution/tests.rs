//! Results of edits, value by value.

use proptest::prelude::*;
use regex_replace::compile;

use super::*;

fn substitution(regex: &str, replacement: &str) -> Substitution {
    let regex = compile(regex).unwrap();
    Substitution {
        name: HeaderName::from_static("x-a"),
        replacement: Replacement::parse(replacement, &regex).unwrap(),
        search: Search::new(regex),
        occurrences: Occurrences::All,
        drops_empty: false,
        warnings: Throttled::default(),
    }
}

fn edited(substitution: &Substitution, value: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
    let edited = substitution.edited(&Budget::default(), value)?;
    Ok(edited.map(|edited| edited.as_bytes().to_vec()))
}

#[test]
fn a_result_is_a_header_value_or_refused() {
    let invalid = |value: &str| Err(Refused::Invalid(HeaderValue::new(value).unwrap_err()));
    for (regex, replacement, value, expected) in [
        ("a", "b", "aca", Ok(Some("bcb"))),
        ("a", "b", "c", Ok(None)),
        ("a", "a", "a", Ok(None)),
        ("^b", "a", "a", Ok(None)),
        ("a", "", "a\r\nset-cookie: b", invalid("\r\nset-cookie: b")),
        ("\r\n", "; ", "a\r\nb", Ok(Some("a; b"))),
        ("b", "", "a b", Ok(Some("a"))),
        ("a", "", "a", Ok(Some(""))),
    ] {
        let result = edited(&substitution(regex, replacement), value.as_bytes());
        let expected = expected.map(|value: Option<&str>| value.map(|value| value.as_bytes().to_vec()));
        assert_eq!(result, expected, "{regex} {replacement} {value:?}");
    }
}

/// Regexes that match often, at the edges, or nothing.
const REGEXES: [&str; 10] =
    ["", "^", "$", "a", "(a|b)*", "; *[^;]*", "(?i)domain=[^;]*", "[^a-z]+", "\\b", "(.)(.?)"];

proptest! {
    #[test]
    fn an_identity_changes_nothing(at in 0..REGEXES.len(), value in "([a-c; =]|\\PC|Domain){0,20}") {
        let value = value.trim_matches([' ', '\t']);
        prop_assert_eq!(edited(&substitution(REGEXES[at], "$0"), value.as_bytes()), Ok(None));
    }

    #[test]
    fn no_result_splits_a_header(
        at in 0..REGEXES.len(),
        replacement in "[a-c; \\t]{0,8}(\\$0)?",
        value in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        if let Ok(Some(result)) = edited(&substitution(REGEXES[at], &replacement), &value) {
            prop_assert!(!result.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'));
            prop_assert!(result.first().is_none_or(|byte| !b" \t".contains(byte)));
            prop_assert!(result.last().is_none_or(|byte| !b" \t".contains(byte)));
        }
    }
}
