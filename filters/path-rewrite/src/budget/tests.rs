use regex::bytes::RegexBuilder;

use super::*;

fn search(source: &str) -> Search {
    Search::new(RegexBuilder::new(source).unicode(false).build().unwrap())
}

#[test]
fn how_far_searches_look_ahead() {
    for (source, ends_soon) in [
        ("banana/([0-9]*)", true),
        ("a", true),
        ("", true),
        ("a+", true),
        ("(a|b)c?", true),
        ("^/x/(.*)$", false),
        ("a(?:.*b)?", false),
        ("Q(?:.*a.{900}c)?", false),
        ("a.*b|c", false),
        ("a(bc)*", false),
        ("[a-z]+/", false),
        ("a\\b", true),
    ] {
        assert_eq!(search(source).ahead.is_some(), ends_soon, "{source}");
    }
}

#[test]
fn prefixes() {
    for (source, prefix) in [
        ("^/a/([a-z]+)", "/a/"),
        ("/a", ""),
        ("^/a|^/b", "/"),
        ("^/a|b", ""),
        ("^(?P<x>/a)b", "/ab"),
        ("^/a?", "/"),
        ("(?i)^/1a", "/1"),
    ] {
        assert_eq!(search(source).prefix, prefix.as_bytes(), "{source}");
    }
}

#[test]
fn steps() {
    let (plain, nasty) = (search("banana/([0-9]*)"), search("Q(?:.*a.{900}c)?"));
    let budget = Budget::default();
    for _ in 0..100 {
        plain.afford(&budget, 8192).unwrap();
        plain.charge(&budget, 8192, Some(80));
    }
    assert!(plain.afford(&budget, 8192).is_ok());
    assert_eq!(nasty.afford(&budget, 8192), Err(Unsafe::TooManySteps));
    let budget = Budget::default();
    nasty.afford(&budget, 150).unwrap();
    nasty.charge(&budget, 150, Some(1));
    assert_eq!(nasty.afford(&budget, 150), Err(Unsafe::TooManySteps));
}
