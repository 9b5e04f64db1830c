//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::PathRewrite;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

const WRONG: [&str; 98] = [
    "",
    r#"{"rules": []}"#,
    "{}",
    "text",
    "[]",
    r#"{"rules": {}}"#,
    r#"{"rules": ["/a"]}"#,
    r#"{"rule": []}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b"}], "query": "strip"}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b"}], "on_unsafe": "deny"}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b"}], "original_path_header": "x y"}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b"}], "original_path_header": "Host"}"#,
    r#"{"rules": [{"regex": "a(", "replace": ""}]}"#,
    r#"{"rules": [{"regex": "a{1000}{1000}", "replace": ""}]}"#,
    r#"{"rules": [{"regex": "(?=a)", "replace": ""}]}"#,
    r#"{"rules": [{"regex": "\\p{L}", "replace": ""}]}"#,
    r#"{"rules": [{"regex": "(a)", "replace": "$2"}]}"#,
    r#"{"rules": [{"regex": "(a)", "replace": "${1"}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "$"}]}"#,
    r#"{"rules": [{"regex": "a", "prefix": "/a", "replace": ""}]}"#,
    r#"{"rules": [{"replace": ""}]}"#,
    r#"{"rules": [{"regex": "a"}]}"#,
    r#"{"rules": [{"prefix": "a", "replace": "/b"}]}"#,
    r#"{"rules": [{"prefix": "/a?b", "replace": "/b"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/b c"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "//b"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/b/.."}]}"#,
    r#"{"rules": [{"exact": "a", "replace": "/b"}]}"#,
    r#"{"rules": [{"exact": "/a#", "replace": "/b"}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "b"}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b\n"}]}"#,
    r#"{"rules": [{"template": "users/{id}", "replace": "/"}]}"#,
    r#"{"rules": [{"template": "/{a}/{a}", "replace": "/"}]}"#,
    r#"{"rules": [{"template": "/x{a}", "replace": "/"}]}"#,
    r#"{"rules": [{"template": "/{a", "replace": "/"}]}"#,
    r#"{"rules": [{"template": "/{a}", "replace": "/{b}"}]}"#,
    r#"{"rules": [{"template": "/{a}", "replace": "/{a"}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "occurrences": "first"}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "b", "occurrences": "last"}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"status": 304}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": 301}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"scheme": "ftp"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "a.example:80"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "$1"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": ""}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"port": 0}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {}, "continue": true}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {"status": [404]}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b"}], "original_path_header": "Authorization"}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/b#c"}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "b c"}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "b\n"}]}"#,
    r#"{"rules": [{"template": "/a/{b}", "replace": ""}]}"#,
    r#"{"rules": [{"template": "/a/{b}", "replace": "x/{b}"}]}"#,
    r#"{"rules": [{"template": "/a/{b}", "replace": "//x/{b}"}]}"#,
    r#"{"rules": [{"template": "/a/{b}", "replace": "/../{b}"}]}"#,
    r#"{"rules": [{"template": "/a/{b}", "replace": "/b}"}]}"#,
    r#"{"rules": [{"template": "/a}/{b}", "replace": "/"}]}"#,
    r#"{"rules": [{"prefix": "/", "redirect": {"status": 301}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "[::1]]"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "a..b"}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {"path": {"prefix": "api"}}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {"path": {"exact": "/a?b"}}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "when": {"host": "2001:db8::1"}}]}"#,
    r#"{"rules": [{"regex": "(a)", "replace": "\\1"}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "127.1"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "0x7f.1"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "127.0.0.01"}}]}"#,
    r#"{"rules": [{"exact": "/a", "redirect": {"host": "2130706433"}}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "b", "case_insensitive": true}]}"#,
    r#"{"rules": [{"template": "/{a}", "replace": "/", "case_insensitive": true}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/b"}], "forwarded_prefix": true}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/", "redirect": {}}], "forwarded_prefix": true}"#,
    r#"{"rules": [{"prefix": "/a", "redirect": {"host": "a.example"}}], "forwarded_host": true}"#,
    r#"{"rules": [{"prefix": "/a", "host": "a.example", "redirect": {}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": "http://a.example"}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": "a.example:0"}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": ""}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": "127.1"}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": 7}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"regex": "a"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"replace": "a"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"regex": "a", "with": "b"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"regex": "a(", "replace": "b"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"regex": "a", "replace": "$1"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "host": {"regex": "a", "replace": "b/c"}}]}"#,
    r#"{"rules": [{"prefix": "/a", "redirect": {"host": {"regex": "a", "replace": "b:80"}}}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%REQ(x y)%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%REQ(x-a)"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%REQ(x-a):0%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%RESP(x-a)%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%ATTR(connection.id)%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/%ATTR(response.code_details)%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "%REQ(x-a)%"}]}"#,
    r#"{"rules": [{"regex": "a", "replace": "/../%REQ(x-a)%"}]}"#,
    r#"{"rules": [{"regex": "(a)", "replace": "/$1%REQ(x-a)%"}]}"#,
    r#"{"rules": [{"prefix": "/a", "replace": "/100%%REQ(x-a)%"}]}"#,
];

/// The module that does not see responses refuses every `reverse`.
#[cfg(not(feature = "reverse"))]
const WRONG_REVERSE: [&str; 1] = [r#"{"rules": [{"prefix": "/a", "replace": "/b", "reverse": true}]}"#];

#[cfg(feature = "reverse")]
const WRONG_REVERSE: [&str; 16] = [
    r#"{"rules": [{"prefix": "/a", "replace": "/%REQ(x-a)%", "reverse": true}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": true}, {"exact": "/c", "replace": "/d", "reverse": 1}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": {"hosts": ["http://backend"]}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": {"hosts": ["backend:0"]}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": {"hosts": [7]}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": {"host": ["backend"]}}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "redirect": {}, "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/a/(.*)", "replace": "/b/$1", "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/a/[0-9]+/(.*)$", "replace": "/b/$1", "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/((a|b)c)$", "replace": "/$1", "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/a/(.*)$", "replace": "/b", "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/a/(.*)$", "replace": "/b$0", "reverse": true}]}"#,
    r#"{"rules": [{"regex": "^/(.*)/(.*)$", "replace": "/$2/$1", "reverse": true}]}"#,
    r#"{"rules": [{"template": "/{a}/{b}", "replace": "/{a}?b={b}", "reverse": true}]}"#,
    r#"{"rules": [{"template": "/{a}/{b}", "replace": "/{b}-{a}", "reverse": true}]}"#,
    r#"{"rules": [{"exact": "/a", "replace": "/b", "reverse": {"hosts": []}}]}"#,
];

#[test]
fn errors_name_the_place_and_the_fix() {
    let wrong = [WRONG.as_slice(), &WRONG_REVERSE].concat();
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &wrong, PathRewrite::configure);
}
