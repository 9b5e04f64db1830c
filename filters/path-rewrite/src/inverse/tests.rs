//! Inverses of rules: which rules have one, and that it undoes what they do.

use proxy_filter::config::ConfigError;
use proxy_filter::specialize::Specialize;

use crate::undo::Undo;
use crate::{PathRewrite, Plan};

mod cookies;
mod explore;
mod laws;

fn plan(rules: &str) -> Plan {
    PathRewrite::plan(format!(r#"{{"rules": [{rules}]}}"#).as_bytes()).unwrap()
}

fn rule(pattern: &str, from: &str, to: &str) -> Plan {
    plan_of(pattern, from, to).unwrap()
}

fn plan_of(pattern: &str, from: &str, to: &str) -> Result<Plan, ConfigError> {
    let rule = format!(r#"{{"{pattern}": {from:?}, "replace": {to:?}, "reverse": true}}"#);
    PathRewrite::plan(format!(r#"{{"rules": [{rule}]}}"#).as_bytes())
}

/// Returns the rules that can be undone.
fn reversible(plan: &Plan) -> Vec<usize> {
    let rules = plan.rewriter.rules.iter().enumerate();
    rules.filter(|(_, rule)| rule.inverse.is_some()).map(|(index, _)| index).collect()
}

fn undo(plan: &Plan, path: &str) -> Option<String> {
    let undone = Undo::new(&plan.rewriter, &reversible(plan)).path(path.as_bytes())?;
    Some(String::from_utf8(undone.path).unwrap())
}

fn undo_cookie(plan: &Plan, path: &str) -> Option<String> {
    let undone = Undo::new(&plan.rewriter, &reversible(plan)).cookie_path(path.as_bytes())?;
    Some(String::from_utf8(undone).unwrap())
}

/// Returns whether a client sends a cookie with this path along with a request for another (RFC 6265, section 5.1.4).
fn sends(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

#[test]
fn paths_that_a_rule_makes_are_undone() {
    for (plan, cases) in [
        (
            rule("prefix", "/old", "/new"),
            &[
                ("/new", "/old"),
                ("/new/", "/old/"),
                ("/new/a%2Fb//c", "/old/a%2Fb//c"),
                ("/newer", "-"),
                ("/", "-"),
                ("/old", "-"),
                ("/NEW/a", "-"),
                ("/new/../a", "-"),
                ("/new/%2e%2E/a", "-"),
                ("/new/a b", "-"),
                ("/new/\ta", "-"),
            ][..],
        ),
        (
            rule("prefix", "/old/", "/new/deep/"),
            &[("/new/deep", "/old"), ("/new/deep/a", "/old/a"), ("/new", "-")],
        ),
        // Unless the rule is `/api/`, a slash at the end is lost: relative links need it.
        (
            rule("prefix", "/api", "/"),
            &[
                ("/", "/api/"),
                ("/a", "/api/a"),
                ("/a/", "/api/a/"),
                ("//evil.example", "-"),
                ("/\\evil.example", "-"),
            ],
        ),
        (
            rule("prefix", "/", "/v1"),
            &[
                ("/v1/", "/"),
                ("/v1/a", "/a"),
                ("/v1", "-"),
                ("/v1//evil.example", "-"),
                ("/v1/\\evil.example", "-"),
                ("/v12/a", "-"),
            ],
        ),
        (rule("prefix", "/a", "/a/b"), &[("/a/b", "/a"), ("/a/b/b", "/a/b"), ("/a", "-")]),
        (
            rule("exact", "/health", "/healthz?x=1"),
            &[("/healthz", "/health"), ("/healthz/", "-"), ("/", "-")],
        ),
        (
            rule("template", "/users/{id}/posts/{post}", "/p/{post}/{id}.html"),
            &[
                ("/p/9/7.html", "/users/7/posts/9"),
                ("/p/9/a.html.html", "/users/a.html/posts/9"),
                ("/p/9/7", "-"),
                ("/p//7.html", "-"),
                ("/p/9/8/7.html", "-"),
            ],
        ),
        (
            rule("regex", "^/service/([^/]+)(/.*)$", "$2/instance/$1"),
            &[
                ("/v1/api/instance/foo", "/service/foo/v1/api"),
                ("/instance/a/instance/b", "/service/b/instance/a"),
                ("/instance/foo", "-"),
                ("/v1/instance/", "-"),
            ],
        ),
        (
            rule("regex", "^/(?:a)/(?P<x>[0-9]+)-([a-z]*)$", "/b/$2.${x}/$$"),
            &[("/b/q.7/$", "/a/7-q"), ("/b/.7/$", "/a/7-"), ("/b/q.x/$", "-"), ("/b/q.7/", "-")],
        ),
        (rule("template", "/{a}", "/{a}/{a}"), &[("/x/x", "/x"), ("/x/y", "-")]),
        (rule("regex", "^/a$", "/b"), &[("/b", "/a"), ("/bb", "-")]),
    ] {
        for (path, expected) in cases {
            assert_eq!(
                undo(&plan, path).as_deref().unwrap_or("-"),
                *expected,
                "{path} {:?}",
                plan.rewriter.rules
            );
        }
    }
}

#[test]
fn rules_that_continue_are_undone_together() {
    let chain = plan(
        r#"{"prefix": "/a", "replace": "/b", "continue": true, "reverse": true},
           {"regex": "x+", "replace": "x", "continue": true},
           {"exact": "/b/one", "replace": "/b/two", "continue": true, "reverse": true},
           {"prefix": "/b", "replace": "/c", "reverse": true}"#,
    );
    for (path, expected) in [
        ("/c/d", "/a/d"),
        ("/c/xx", "/a/xx"),
        ("/c/two", "/a/one"),
        // The rule for `/b/one` would change it.
        ("/c/one", "-"),
        ("/b/d", "-"),
    ] {
        assert_eq!(undo(&chain, path).as_deref().unwrap_or("-"), expected, "{path}");
    }
}

#[test]
fn paths_of_cookies() {
    for (plan, cases) in [
        (
            rule("prefix", "/old", "/new"),
            &[
                ("/new", "/old"),
                ("/new/", "/old/"),
                ("/new/a", "/old/a"),
                ("/", "-"),
                ("/newer", "-"),
                ("new", "-"),
                ("", "-"),
            ][..],
        ),
        (rule("prefix", "/old", "/new/deep"), &[("/new", "-"), ("/", "-"), ("/new/deep", "/old")]),
        // What is below `/` comes from `/legacy` and from `/app`.
        (
            plan(
                r#"{"prefix": "/legacy", "replace": "/app/v1", "continue": true, "reverse": true},
                   {"prefix": "/app", "replace": "/", "reverse": true}"#,
            ),
            &[("/", "-"), ("/v1", "/legacy"), ("/v1/a", "/legacy/a")],
        ),
        (rule("prefix", "/api", "/"), &[("/", "/api"), ("/a", "/api/a"), ("/a/", "/api/a/"), ("//a", "-")]),
        (
            rule("prefix", "/", "/v1"),
            &[("/v1", "/"), ("/v1/", "/"), ("/v1/a", "/a"), ("/", "-"), ("/v1//a", "-")],
        ),
        (rule("exact", "/health", "/"), &[("/", "/health"), ("/a", "-")]),
        (rule("template", "/users/{id}", "/u/{id}"), &[("/u/7", "/users/7"), ("/u", "-")]),
        (rule("regex", "^/app(/.*)$", "$1"), &[("/", "/app/"), ("/a", "/app/a")]),
        (rule("regex", "^/(.*)$", "/v1/$1"), &[("/v1", "/"), ("/v1/a", "/a")]),
        // What is below `/a` comes from `/a/x.html`, which is not below `/a.html`.
        (rule("regex", "^(/.*)[.]html$", "$1"), &[("/", "-"), ("/a", "-")]),
        (rule("regex", "^/service/([^/]+)(/.*)$", "$2/instance/$1"), &[("/a/instance/b", "-")]),
        // Two groups are told apart by the byte that the second begins with, and the first lacks.
        (rule("regex", "^/s/([^/]+)(/.*)$", "/t-$1/x$2"), &[("/t-a/x", "/s/a/"), ("/t-a", "-")]),
        (rule("regex", "^/(b*)(ab.*)$", "/$1x$2"), &[("/bxab", "/bab")]),
        (rule("regex", "^/([a-z]*)(a.*)$", "/$1-$2"), &[("/b-ab", "-")]),
        // `/x/` is for `/x/1` too, which comes from `/a1.html` or `/a1`. Neither is below what `/x/` comes from.
        (rule("regex", "^/a([0-9]*)[.]html$", "/x/$1"), &[("/x/", "-"), ("/x", "-"), ("/x/1", "/a1.html")]),
        (rule("regex", "^/a([0-9]*)$", "/x/$1"), &[("/x/", "-"), ("/x", "-"), ("/x/1", "/a1")]),
        // `/a/` is sent with `/a/1`, which becomes `/x1`.
        (rule("regex", "^/a/([0-9]*)$", "/x$1"), &[("/x", "-"), ("/x1", "/a/1")]),
        (
            rule("template", "/users/{id}/posts/{post}", "/p/{post}/{id}"),
            &[("/p/9/7", "/users/7/posts/9"), ("/p", "-")],
        ),
    ] {
        for (path, expected) in cases {
            assert_eq!(
                undo_cookie(&plan, path).as_deref().unwrap_or("-"),
                *expected,
                "{path} {:?}",
                plan.rewriter.rules
            );
        }
    }
}

#[test]
fn rules_without_a_certain_inverse_are_refused() {
    for (rule, reason) in [
        (r#""regex": "^/a/(.*)", "replace": "/b/$1""#, "begin `regex` with `^` and end it with `$`"),
        (r#""regex": "/a/(.*)$", "replace": "/b/$1""#, "begin `regex` with `^`"),
        (r#""regex": "a", "replace": "b""#, "begin `regex` with `^`"),
        (r#""regex": "(?m)^/a$", "replace": "/b""#, "begin `regex` with `^`"),
        (r#""regex": "^/a$|^/b$", "replace": "/c""#, "begin `regex` with `^`"),
        (
            r#""regex": "^/a/[0-9]+/(.*)$", "replace": "/b/$1""#,
            "outside its groups, `regex` must be literal text",
        ),
        (r#""regex": "^/(?:a|b)/(.*)$", "replace": "/c/$1""#, "outside its groups"),
        (r#""regex": "(?i)^/a/(.*)$", "replace": "/b/$1""#, "outside its groups"),
        (r#""regex": "^/a(/.*)?$", "replace": "/b$1""#, "outside its groups"),
        (r#""regex": "^/a/((x|y)z)$", "replace": "/b/$1$2""#, "a group of `regex` contains another"),
        (r#""regex": "^/a/(.*)$", "replace": "/b""#, "`replace` does not use `$1`"),
        (r#""regex": "^/a/(.*)$", "replace": "$0/b/$1""#, "`replace` uses the whole match"),
        (r#""regex": "^/a/(.*)$", "replace": "/b?c=$1""#, "`replace` puts `$1` into the query"),
        (r#""regex": "^/a/(.*)$", "replace": "/b/$1?c=$1""#, "`replace` puts `$1` into the query"),
        (r#""regex": "^/(.*)/(.*)$", "replace": "/$2/$1""#, "where `$2` ends in the new path is ambiguous"),
        (
            r#""regex": "^/([a-z]*)/([0-9]*)$", "replace": "/$1$2""#,
            "where `$1` ends in the new path is ambiguous",
        ),
        (r#""regex": "^/([^-]*)/(.*)$", "replace": "/$2/$1""#, "where `$2` ends"),
        (r#""template": "/{a}/{b}", "replace": "/{b}""#, "`replace` does not use `{a}`"),
        (r#""template": "/{a}/{b}", "replace": "/{a}?b={b}""#, "`replace` puts `{b}` into the query"),
        (r#""template": "/{a}/{b}", "replace": "/{a}-{b}""#, "where `{a}` ends in the new path is ambiguous"),
    ] {
        let json = format!(r#"{{"rules": [{{{rule}, "reverse": true}}]}}"#);
        let error = PathRewrite::plan(json.as_bytes()).unwrap_err().to_string();
        let expected = format!("rules[0].reverse: the rule cannot be undone with certainty: {reason}");
        assert!(error.starts_with(&expected), "{rule}: {error}");
    }
}
