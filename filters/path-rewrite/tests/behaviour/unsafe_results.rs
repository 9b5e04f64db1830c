//! Results that are not safe to write.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

/// Makes each rule apply only to requests whose `x-case` header is its position.
fn selected_by_header<T: AsRef<str>>(rules: &[T]) -> String {
    let rule = |(case, rule): (usize, &T)| {
        let fields = rule.as_ref().trim_end_matches('}');
        format!(r#"{fields}, "when": {{"header": "x-case", "exact": "{case}"}}}}"#)
    };
    rules.iter().enumerate().map(rule).collect::<Vec<_>>().join(", ")
}

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    // A rule, and for each target what reaches the upstream: `=` if the target stays as it is.
    fn an_unsafe_result_leaves_the_request_unchanged(proxy) {
        let cases: [(&str, &[(&str, &str)]); 13] = [
            (r#"{"regex": "^/x", "replace": "/"}"#, &[
                ("/x", "/"), ("/xa", "/a"), ("/x/a", "="), ("/x//a", "="), ("/x\\a", "="), ("/x/", "="),
                ("/x?/a", "/?/a"), ("/x%2Fa", "/%2Fa"), ("/x%5Ca", "/%5Ca"), ("/x?", "/?"), ("/x?a?b", "/?a?b"),
            ]),
            (r#"{"regex": "^/x/(.*)$", "replace": "/y/$1"}"#, &[
                ("/x/a", "/y/a"), ("/x/", "/y/"), ("/x/../a", "="), ("/x/%2e%2e/a", "="),
                ("/x/./a", "/y/./a"), ("/x/%2F", "/y/%2F"), ("/x/a%00b", "/y/a%00b"), ("/x/a%0d%0ab", "/y/a%0d%0ab"),
                ("/x/a//b", "/y/a//b"), ("/x/a\\b", "/y/a\\b"), ("/x/;a=b", "/y/;a=b"), ("/x/%", "/y/%"),
            ]),
            (r#"{"regex": "^/d(.*)$", "replace": "/.$1"}"#, &[
                ("/d", "="), ("/d.", "="), ("/d./a", "="), ("/da", "/.a"), ("/d..", "/..."), ("/d/", "="),
                ("/d%2e", "="), ("/d%2E/a", "="), ("/d;a", "="), ("/d%2Fa", "="), ("/d\\a", "="),
                ("/d%5ca", "="), ("/d?a", "="),
            ]),
            (r#"{"regex": "^/p(.*)$", "replace": "$1"}"#, &[
                ("/p", "="), ("/p/a", "/a"), ("/pa", "="), ("/p//a", "="), ("/p/\\a", "="), ("/p%2Fa", "="), ("/p?a", "="),
            ]),
            (r#"{"prefix": "/api", "replace": "/"}"#, &[
                ("/api", "/"), ("/api/", "/"), ("/api/a", "/a"), ("/api//a", "="), ("/api/\\a", "="),
                ("/apix", "="), ("/api/../a", "/../a"), ("/api%2F..", "="), ("/api?/..", "/?/.."),
            ]),
            (r#"{"template": "/t/{a}/{b}", "replace": "/{b}/{a}"}"#, &[
                ("/t/1/2", "/2/1"), ("/t/../2", "="), ("/t/1/%2e%2e", "="), ("/t/1/\\", "="),
                ("/t/%2F/2", "/2/%2F"), ("/t/1/2/3", "="), ("/t/1/2?/", "/2/1?/"),
            ]),
            (r#"{"template": "/f/{a}/{b}", "replace": "/{a}{b}/secret"}"#, &[
                ("/f/./.", "="), ("/f/./%2e", "="), ("/f/%2E/.;a", "="), ("/f/../x", "="), ("/f/a/b", "/ab/secret"),
            ]),
            (r#"{"regex": "^/u/([0-9]+)", "replace": "/u?id=$1"}"#, &[
                ("/u/7", "/u?id=7"), ("/u/7&admin=1", "/u?id=7%26admin%3D1"), ("/u/7;a?b", "/u?id=7%3Ba&b"), ("/u/7?", "/u?id=7"),
            ]),
            (r#"{"prefix": "/public", "replace": "/internal/files"}"#, &[
                ("/public/a%2fb%5c..%5c..%5csecret", "="), ("/public/a%2fb%5c..%5c../secret", "="),
                ("/public/a%5cb\\..%2f..%2fsecret", "="),
                ("/public/.well-known/v1..2/...", "/internal/files/.well-known/v1..2/..."),
            ]),
            (r#"{"regex": "^/x", "replace": "/\\\\"}"#, &[("/x", "=")]),
            (r#"{"regex": "/(.*)", "replace": "/../$1"}"#, &[("/etc", "=")]),
            (r#"{"regex": "/", "replace": "/%2e%2e/"}"#, &[("/etc", "=")]),
            (r#"{"regex": "^(/[a-z]{2})?/public/(.*)$", "replace": "$1/internal/files/$2"}"#, &[
                ("/public/../secret", "="), ("/public/a/../b", "/internal/files/a/../b"),
                ("/de/public/a", "/de/internal/files/a"),
            ]),
        ];
        let plugin = proxy.load(&format!(r#"{{"rules": [{}]}}"#, selected_by_header(&cases.map(|(rule, _)| rule))));
        for (case, (_, targets)) in cases.iter().enumerate() {
            for (target, expected) in *targets {
                let expected = if *expected == "=" { target } else { expected };
                plugin.send(Request::get(*target).header("x-case", case.to_string())).expect_upstream_path(expected);
            }
        }
    }

    fn unsafe_results_are_passed_or_rejected_and_counted(proxy) {
        proxy.reset_metrics();
        let rule = r#""rules": [{"regex": "^/x", "replace": "/"}]"#;
        let plugin = proxy.load(&format!("{{{rule}}}"));
        plugin.send(Request::get("/x/evil.example")).expect_upstream_path("/x/evil.example");
        plugin.expect_metric("path_rewrite.unsafe.filter.plugin.rule.0", 1);
        let plugin = proxy.load(&format!(r#"{{{rule}, "on_unsafe": "reject"}}"#));
        plugin.send(Request::get("/x/evil.example")).expect_status(400).expect_unreached();
        plugin.send(Request::get("/xy")).expect_upstream_path("/y");
    }

    fn no_path_escapes_from_the_replacement(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/public", "replace": "/internal/files"},
            {"template": "/users/{name}", "replace": "/home/{name}"},
            {"template": "/go/{name}", "redirect": {"host": "b.example"}}
        ], "on_unsafe": "reject"}"#);
        for target in [
            "/public/../secret", "/public/%2e%2e/secret", "/public/..;a/secret", "/public/..%2fsecret",
            "/public/..\\secret", "/public/a%2f..%2f..%2fsecret", "/public//../../secret",
            "/users/..", "/users/%2e%2E", "/users/.;x", "/users/a%2f..", "/go/..",
        ] {
            plugin.send(Request::get(target)).expect_status(400).expect_unreached();
        }
        plugin.send(Request::get("/public/a/../b?c=../..")).expect_upstream_path("/internal/files/a/../b?c=../..");
        plugin.send(Request::get("/users/..ann")).expect_upstream_path("/home/..ann");
    }

    fn a_search_that_could_take_too_many_steps_is_unsafe(proxy) {
        let path = format!("/{}", "Qa".repeat(2000));
        let cases =
            [("Q(?:.*a.{900}c)?", 400), ("Q(?:.{0,900}.{0,900}~)?", 400), ("Z(?:.{0,9}~)?", 200), ("/(Q[a-z]*)", 200)];
        let rules = cases.map(|(regex, _)| format!(r#"{{"regex": "{regex}", "replace": "$0"}}"#));
        let rules = selected_by_header(&rules);
        let plugin = proxy.load(&format!(r#"{{"rules": [{rules}], "on_unsafe": "reject"}}"#));
        for (case, (_, status)) in cases.iter().enumerate() {
            plugin.send(Request::get(&path).header("x-case", case.to_string())).expect_status(*status);
        }
    }

    fn paths_over_8_kib_are_unsafe_to_rules_that_would_search_them(proxy) {
        let long = format!("/{}", "x".repeat(8192));
        let rules = selected_by_header(&[
            r#"{"prefix": "/zzz", "replace": "/a"}"#,
            r#"{"regex": "zzz", "replace": "a"}"#,
            r#"{"regex": "x", "replace": "xxxxxxxxxx"}"#,
        ]);
        let plugin = proxy.load(&format!(r#"{{"rules": [{rules}], "on_unsafe": "reject"}}"#));
        plugin.send(Request::get(&long).header("x-case", "0")).expect_upstream_path(&long);
        plugin.send(Request::get(&long).header("x-case", "1")).expect_status(400);
        // The result would be too long.
        plugin.send(Request::get(&long[..2000]).header("x-case", "2")).expect_status(400);
    }
}
