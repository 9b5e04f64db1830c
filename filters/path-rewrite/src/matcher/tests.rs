//! Containment: the client's part of a path does not escape from the replacement.

use regex::bytes::Regex;

use super::*;
use crate::path_template;

fn regex(source: &str, replacement: &str) -> Matcher {
    let regex = Regex::new(source).unwrap();
    let replacement = Some(Replacement::parse(replacement, &regex).unwrap());
    Matcher::Regex {
        search: Search::new(regex),
        replacement,
        occurrences: Occurrences::All,
        is_template: false,
    }
}

#[test]
fn clients_do_not_escape_from_the_replacement() {
    let prefix = |replacement: &str| Matcher::Prefix {
        prefix: b"/public".to_vec(),
        case_insensitive: false,
        replacement: Some(PrefixReplacement { segments: replacement.into(), query: b"?v=1".to_vec() }),
    };
    let files = prefix("/internal/files");
    let root = prefix("");
    let group = regex("^/x/(.*)$", "/y/$1");
    let glued = regex("^/x(.*)$", "/y$1");
    let literal = regex("^/x", "/y");
    let inner = regex("b", "c");
    let in_query = regex("^/x/(.*)$", "/y/z?q=$1");
    for (matcher, path, escapes) in [
        (&files, "/public/a", false),
        (&files, "/public", false),
        (&files, "/public/a/../b", false),
        (&files, "/public/./a/..", false),
        (&files, "/public/..a/...", false),
        (&files, "/public/%252e%252e/a", false),
        (&files, "/public/../secret", true),
        (&files, "/public/..", true),
        (&files, "/public/../files/a", true),
        (&files, "/public/%2e%2e/secret", true),
        (&files, "/public/..;a/secret", true),
        (&files, "/public/..%00/secret", true),
        (&files, "/public/..%3bx/secret", true),
        (&files, "/public/..%2fsecret", true),
        (&files, "/public/..\\secret", true),
        (&files, "/public/..%5csecret", true),
        (&files, "/public/a%2f..%2f..%2fsecret", true),
        (&files, "/public/a%2fb/../../secret", true),
        (&files, "/public//../../secret", true),
        (&files, "/public/a//../../secret", true),
        (&files, "/public/;a/../secret", true),
        (&root, "/public/../a", false),
        (&group, "/x/a/../b", false),
        (&group, "/x/../a", true),
        (&group, "/x/..%2fa", true),
        (&glued, "/x../a", false),
        (&glued, "/x/../a", true),
        (&glued, "/x%2f../a", true),
        (&glued, "/xa/../../b", false),
        (&literal, "/x/../a", true),
        (&inner, "/a/b/../d", true),
        (&inner, "/../b/../../d", true),
        (&inner, "/../b", false),
        (&in_query, "/x/../../a", false),
    ] {
        let result = matcher.apply(path.as_bytes(), None, &Budget::default()).unwrap();
        assert_eq!(result == Err(Unsafe::Escapes), escapes, "{matcher:?} {path}: {result:?}");
    }
}

#[test]
fn variables_that_capture_dot_segments_are_unsafe() {
    let regex = Regex::new(&path_template::to_regex("/{a}/t/{b}").unwrap()).unwrap();
    for replacement in [None, Some(Replacement::parse_template("/{b}", &regex).unwrap())] {
        let matcher = Matcher::Regex {
            search: Search::new(regex.clone()),
            replacement,
            occurrences: Occurrences::All,
            is_template: true,
        };
        for (path, expected) in [
            ("/a/t/b", None),
            ("/a/t/..b", None),
            ("/../u/b", None),
            ("/../t/b", Some(Unsafe::DotVariable)),
            ("/a/t/%2E%2e", Some(Unsafe::DotVariable)),
            ("/a/t/.;x", Some(Unsafe::DotVariable)),
            ("/a/t/a%2f..", Some(Unsafe::DotVariable)),
            ("/a/t/..\\b", Some(Unsafe::DotVariable)),
            ("/a/t/..%00", Some(Unsafe::DotVariable)),
        ] {
            let result = matcher.apply(path.as_bytes(), None, &Budget::default()).and_then(Result::err);
            assert_eq!(result, expected, "{path}");
        }
    }
}
