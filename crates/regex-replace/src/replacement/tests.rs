//! Replacements of regexes.

use regex::bytes::Regex;

use super::*;

fn replace(regex: &str, replacement: &str, text: &str) -> Option<String> {
    let regex = Regex::new(regex).unwrap();
    let replacement = Replacement::parse(replacement, &regex).unwrap();
    let mut output = Vec::new();
    let budget = Budget::default();
    let matches =
        replacement.replace(&Search::new(regex), &budget, text.as_bytes(), Occurrences::All, &mut output);
    matches.unwrap().then(|| String::from_utf8(output).unwrap())
}

#[test]
fn work_and_size_are_bounded() {
    let replace_all = |replacement: &str, text: &str| {
        let regex = Regex::new("/").unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        let search = Search::new(regex);
        let mut output = Vec::new();
        replacement.replace(&search, &Budget::default(), text.as_bytes(), Occurrences::All, &mut output)
    };
    assert!(replace_all("x", &"/".repeat(MATCH_LIMIT)).is_ok());
    assert_eq!(replace_all("x", &"/".repeat(MATCH_LIMIT + 1)), Err(Exceeded::Matches));
    assert_eq!(replace_all(&"y".repeat(5000), "////"), Err(Exceeded::Length(10_000)));
}

#[test]
fn groups() {
    for (regex, replacement, text, expected) in [
        ("banana/([0-9]*)", "status/$1", "/banana/418", Some("/status/418")),
        ("banana/([0-9]*)", "status/${1}", "/x", None),
        ("(a)(b)", "$2$1", "/ab/ab", Some("/ba/ba")),
        ("(a)", "$1a", "/a", Some("/aa")),
        ("(?P<who>x)", "$who-${who}-$0-$$1", "/x", Some("/x-x-x-$1")),
        ("(x)|(y)", "[$2]", "/x", Some("/[]")),
        ("", "-", "ab", Some("-a-b-")),
    ] {
        assert_eq!(replace(regex, replacement, text).as_deref(), expected, "{regex} {replacement}");
    }
}

#[test]
fn wrong_replacements() {
    let regex = Regex::new("(a)(?P<b>b)").unwrap();
    for (replacement, expected) in [
        ("$3", "unknown group `3`: the regex has `${0}` to `${2}`, by name `${b}`"),
        ("$c", "unknown group `c`: the regex has"),
        ("${1", "unmatched `{` in `${1`"),
        ("${}", "unknown group ``: the regex has"),
        ("a$", "expected a group after `$`"),
        ("/x\\1", "`\\1` is not a group reference: write `$1`"),
        ("\\a\\\\2", "`\\2` is not a group reference: write `$2`"),
        ("$-", "expected a group after `$`"),
    ] {
        let error = Replacement::parse(replacement, &regex).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{replacement}: {error}");
    }
}
