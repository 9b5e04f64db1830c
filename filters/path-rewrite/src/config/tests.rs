//! Wrong configurations, and the schema.

use super::*;

#[test]
fn the_schema_is_that_of_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn wrong_configurations_name_the_place_and_the_cure() {
    for (configuration, expected) in [
        ("", "there is nothing to rewrite: give a rule, such as"),
        (r#"{"rules": []}"#, "rules: there is nothing to rewrite: give a rule, such as"),
        ("{}", "missing field `rules`"),
        ("text", "expected a JSON object"),
        ("[]", "expected a JSON object"),
        (r#"{"rules": {}}"#, "rules: invalid type: map, expected a sequence"),
        (r#"{"rules": ["/a"]}"#, "rules[0]: invalid type: string \"/a\", expected a rule, such as"),
        (r#"{"rule": []}"#, "rule: unknown field `rule`, expected one of `rules`, `original_path_header`"),
        (
            r#"{"rules": [{"replace": "/"}], "query": "strip"}"#,
            "query: unknown variant `strip`, expected `keep` or `drop`",
        ),
        (
            r#"{"rules": [{"replace": "/"}], "on_unsafe": "deny"}"#,
            "on_unsafe: unknown variant `deny`, expected `pass` or `reject`",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b"}], "original_path_header": "x y"}"#,
            "original_path_header: `x y` is not a header name",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b"}], "original_path_header": "Host"}"#,
            "original_path_header: `host` means something else",
        ),
        (
            r#"{"rules": [{"regex": "a(", "replace": ""}]}"#,
            "rules[0].regex: regex parse error:\n    a(\n     ^\nerror: unclosed group",
        ),
        (
            r#"{"rules": [{"regex": "a{1000}{1000}", "replace": ""}]}"#,
            "rules[0].regex: compiles to more than 262144 bytes",
        ),
        (
            r#"{"rules": [{"regex": "(?=a)", "replace": ""}]}"#,
            "rules[0].regex: regex parse error:\n    (?=a)",
        ),
        (r#"{"rules": [{"regex": "\\p{L}", "replace": ""}]}"#, "rules[0].regex: regex parse error:"),
        (
            r#"{"rules": [{"regex": "(a)", "replace": "$2"}]}"#,
            "rules[0].replace: no group `2` in the regex: there is ${0} to ${1}",
        ),
        (
            r#"{"rules": [{"regex": "(a)", "replace": "${1"}]}"#,
            "rules[0].replace: `${1` has no closing brace",
        ),
        (r#"{"rules": [{"regex": "a", "replace": "$"}]}"#, "rules[0].replace: `$` is not followed by"),
        (
            r#"{"rules": [{"regex": "a", "prefix": "/a", "replace": ""}]}"#,
            "rules[0]: give one of `regex`, `prefix`, `exact` and `template`",
        ),
        (
            r#"{"rules": [{"replace": ""}]}"#,
            "rules[0]: give one of `regex`, `prefix`, `exact` and `template`",
        ),
        (r#"{"rules": [{"regex": "a"}]}"#, "rules[0]: give `replace`, `redirect` or both"),
        (
            r#"{"rules": [{"prefix": "a", "replace": "/b"}]}"#,
            "rules[0].prefix: `a` does not begin with a slash",
        ),
        (
            r#"{"rules": [{"prefix": "/a?b", "replace": "/b"}]}"#,
            "rules[0].prefix: '?' cannot stand in a path",
        ),
        (
            r#"{"rules": [{"prefix": "/a", "replace": "/b c"}]}"#,
            "rules[0].replace: ' ' cannot stand in a path",
        ),
        (
            r#"{"rules": [{"prefix": "/a", "replace": "//b"}]}"#,
            "rules[0].replace: `//b` is never written: the result begins with `//`",
        ),
        (
            r#"{"rules": [{"prefix": "/a", "replace": "/b/.."}]}"#,
            "rules[0].replace: `/b/..` is never written: the result has a `.` or `..`",
        ),
        (
            r#"{"rules": [{"exact": "a", "replace": "/b"}]}"#,
            "rules[0].exact: `a` does not begin with a slash",
        ),
        (r#"{"rules": [{"exact": "/a#", "replace": "/b"}]}"#, "rules[0].exact: '#' cannot stand in a path"),
        (
            r#"{"rules": [{"exact": "/a", "replace": "b"}]}"#,
            "rules[0].replace: `b` is never written: the result does not begin",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b\n"}]}"#,
            "rules[0].replace: `/b\\n` is never written: the result contains a control",
        ),
        (
            r#"{"rules": [{"template": "users/{id}", "replace": "/"}]}"#,
            "rules[0].template: `users/{id}` does not begin with a slash",
        ),
        (
            r#"{"rules": [{"template": "/{a}/{a}", "replace": "/"}]}"#,
            "rules[0].template: `{a}` stands there twice",
        ),
        (
            r#"{"rules": [{"template": "/x{a}", "replace": "/"}]}"#,
            "rules[0].template: `{a}` is not a whole segment",
        ),
        (
            r#"{"rules": [{"template": "/{a", "replace": "/"}]}"#,
            "rules[0].template: `{a` has no closing brace",
        ),
        (
            r#"{"rules": [{"template": "/{a}", "replace": "/{b}"}]}"#,
            "rules[0].replace: `{b}` is no name of the template",
        ),
        (
            r#"{"rules": [{"template": "/{a}", "replace": "/{a"}]}"#,
            "rules[0].replace: `{a` has no closing brace",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b", "occurrences": "first"}]}"#,
            "rules[0].occurrences: leave it out: it says which matches of `regex` are replaced",
        ),
        (
            r#"{"rules": [{"regex": "a", "replace": "b", "occurrences": "last"}]}"#,
            "rules[0].occurrences: unknown variant `last`, expected `all` or `first`",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"status": 304}}]}"#,
            "rules[0].redirect.status: `304` redirects nobody",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": 301}]}"#,
            "rules[0].redirect: invalid type: integer `301`, expected a redirect",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"scheme": "ftp"}}]}"#,
            "rules[0].redirect.scheme: `ftp` is not http or https",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"host": "a.example:80"}}]}"#,
            "rules[0].redirect.host: `a.example:80` is not a host",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"host": "$1"}}]}"#,
            "rules[0].redirect.host: `$1` is not a host",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"host": ""}}]}"#,
            "rules[0].redirect.host: `` is not a host",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {"port": 0}}]}"#,
            "rules[0].redirect.port: there is no port 0",
        ),
        (
            r#"{"rules": [{"exact": "/a", "redirect": {}, "continue": true}]}"#,
            "rules[0].continue: leave it out: a redirect ends",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {}}]}"#,
            "rules[0].when: give exactly one of",
        ),
        (
            r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {"status": [404]}}]}"#,
            "rules[0].when.status: a request has no status",
        ),
    ] {
        let message =
            compile(configuration.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with(expected), "{configuration}: {message}");
    }
}
