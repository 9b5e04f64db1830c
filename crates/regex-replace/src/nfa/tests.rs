//! Bounds of regexes, one by one.

use super::*;

#[test]
fn lookahead_is_bounded_where_every_byte_extends_the_match() {
    for (source, is_bounded) in [
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
        assert_eq!(Bounds::of(source).lookahead.is_some(), is_bounded, "{source}");
    }
}

#[test]
fn anchored_regexes_have_a_literal_prefix() {
    for (source, prefix) in [
        ("^/a/([a-z]+)", "/a/"),
        ("/a", ""),
        ("^/a|^/b", "/"),
        ("^/a|b", ""),
        ("^(?P<x>/a)b", "/ab"),
        ("^/a?", "/"),
        ("(?i)^/1a", "/1"),
    ] {
        assert_eq!(Bounds::of(source).prefix, prefix.as_bytes(), "{source}");
    }
}
