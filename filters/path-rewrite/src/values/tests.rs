//! Whatever a value is, it stays one segment.

use proptest::prelude::*;
use proxy_filter::headers::{HeaderPairs, serialize_pairs};
use proxy_filter::inputs::Snapshot;
use proxy_filter::target::{Separators, segments};
use regex_replace::{Budget, Occurrences, Search};

use super::*;
use crate::matcher::Matcher;
use crate::replacement::Replacement;

fn render(source: &str, value: &[u8]) -> Option<Result<String, Unsafe>> {
    let (values, _) = Values::parse(source).unwrap().unwrap();
    let pairs = serialize_pairs([(b"x".as_slice(), value)].into_iter()).unwrap();
    let snapshot = Snapshot::of(HeaderPairs::new(pairs));
    values.render(&Inputs::of_request(&snapshot))
}

/// Decodes percent-encoding. `None` if the text has other bytes than unreserved ones.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::new();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                after
            }
            (byte, after) if encoding::is_unreserved(*byte) => {
                bytes.push(*byte);
                after
            }
            _ => return None,
        };
    }
    Some(bytes)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"..".to_vec()),
        Just(b".".to_vec()),
        Just(b"/".to_vec()),
        Just(b"%2f".to_vec()),
        Just(b"%2e".to_vec()),
        Just(b"\\".to_vec()),
        Just(b";a".to_vec()),
        Just(b"$1".to_vec()),
        Just(b"{a}".to_vec()),
        Just(b"?a=b&c".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..6),
    ];
    proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_value_is_one_segment(value in value()) {
        match render("/t/%REQ(x)%/b?q=%REQ(x)%", &value).unwrap() {
            Ok(rendered) => {
                let path = rendered.split('?').next().unwrap();
                let parts: Vec<_> = path.split('/').collect();
                prop_assert_eq!((parts.len(), parts[1], parts[3]), (4, "t", "b"));
                prop_assert_eq!(decoded(parts[2]), Some(value.clone()));
                prop_assert_eq!(rendered.split("?q=").nth(1).and_then(decoded), Some(value));
            }
            // However a server splits the value, one of its segments is dots.
            Err(reason) => {
                prop_assert_eq!(reason, Unsafe::DotSegment);
                let dots = |part: &[u8]| part.starts_with(b".");
                let parts = value.split(|byte| *byte == b'/' || *byte == b'\\');
                prop_assert!(parts.into_iter().any(dots), "{:?}", String::from_utf8_lossy(&value));
            }
        }
    }

    /// The syntax of replacements knows no byte of a value.
    #[test]
    fn values_are_literal_in_replacements(value in value()) {
        let regex = regex_replace::compile("^/(?P<a>.*)$").unwrap();
        for (source, is_template) in [("/%REQ(x)%/$1", false), ("/%REQ(x)%/{a}", true)] {
            let Ok(rendered) = render(source, &value).unwrap() else { continue };
            let matcher = Matcher::Regex {
                search: Search::new(regex.clone()),
                replacement: Some(Replacement::parse("/", &regex).unwrap()),
                occurrences: Occurrences::All,
                is_template,
            };
            let parsed = matcher.parse(&rendered).unwrap();
            let result = matcher.apply(b"/p", Some(&parsed), &Budget::default()).unwrap().unwrap();
            let result = String::from_utf8(result).unwrap();
            let encoded = result.strip_prefix('/').and_then(|rest| rest.strip_suffix("/p")).unwrap();
            prop_assert_eq!(decoded(encoded), Some(value.clone()));
        }
    }
}

#[test]
fn commands() {
    for (source, expected) in [
        ("/%REQ(x)%", Some("/a%2Fb")),
        ("/%REQ(x):1%", Some("/a")),
        ("/%REQ(none?x):2%-", Some("/a%2F-")),
        ("/%REQ(x?none)%%2F", Some("/a%2Fb%2F")),
        ("/%REQ(none)%", None),
        ("/%REQ(none?other)%", None),
    ] {
        let rendered = render(source, b"a/b").map(Result::unwrap);
        assert_eq!(rendered.as_deref(), expected, "{source}");
    }
    assert_eq!(render("/%REQ(x)%", b""), None);
    for literal in ["/a", "/%2F", "/%", "/%%", "/%REQ%", "/%(x)%", "/%FE(x)%", "/%req(x)%", "/100%/a(b)%"] {
        assert!(Values::parse(literal).unwrap().is_none(), "{literal}");
    }
}

#[test]
fn no_reading_of_a_value_has_dot_segments() {
    for value in ["..", ".", "a/..", "..\\a", "..;a", "./a", "../", "\\..\\", "..\0"] {
        assert_eq!(render("/t/%REQ(x)%", value.as_bytes()), Some(Err(Unsafe::DotSegment)), "{value}");
    }
    for value in ["...", "a..", "..a", ".a", "%2e%2e", "a;.."] {
        let rendered = render("/t/%REQ(x)%", value.as_bytes()).unwrap().unwrap();
        assert_eq!(segments(rendered.as_bytes(), Separators::READINGS[0]).count(), 3, "{rendered}");
    }
    assert_eq!(render("/.%REQ(x)%", b"."), Some(Err(Unsafe::DotSegment)));
    assert_eq!(render("/%REQ(x)%", &[b'%'; 4000]), Some(Err(Unsafe::TooLong(12001))));
}

#[test]
fn values_do_not_continue_what_is_before_them() {
    for (source, open) in [
        ("/$1", Some("1")),
        ("/$12", Some("12")),
        ("/$name_1", Some("name_1")),
        ("/$$$1", Some("1")),
        ("/$", Some("")),
        ("/$1a", None),
        ("/${1}", None),
        ("/$1-", None),
        ("/$$1", None),
        ("/1", None),
        ("", None),
    ] {
        assert_eq!(open_group(source), open, "{source}");
    }
    for (text, is_refused) in
        [("%", true), ("%2", true), ("%f", true), ("%2F", false), ("%25", false), ("%g", false), ("", false)]
    {
        assert_eq!(Values::parse(&format!("/{text}%REQ(x)%")).is_err(), is_refused, "{text}");
    }
}
