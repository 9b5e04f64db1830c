//! What path-rewrite does to requests.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test, json_examples};

filter_test! {
    http PathRewrite => "path-rewrite";

    fn a_regex_replaces_every_match_and_leaves_the_query(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#);
        for (target, expected) in [
            ("/banana/418", "/status/418"),
            ("/banana/418?u=banana/7", "/status/418?u=banana/7"),
            ("/x?u=banana/7", "/x?u=banana/7"),
            ("/banana/1/banana/2", "/status/1/status/2"),
            ("/banana/", "/status/"),
            ("/apple", "/apple"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn a_regex_that_is_too_large_is_refused_with_its_size(proxy) {
        let said = proxy.refuses(r#"{"rules": [{"regex": "a{1000}{800}", "replace": ""}]}"#);
        // Half of what it takes on a machine with twice as wide addresses.
        let sizes = ["8192 to 16384", "16384 to 32768"].map(|size| format!("rules[0].regex: compiles to {size} KiB"));
        assert!(sizes.iter().any(|size| said.contains(size)), "{said}");
    }

    fn a_prefix_ends_where_a_segment_does(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/old/", "replace": "/new"}, {"prefix": "/api", "replace": "/"}]}"#,
        );
        for (target, expected) in [
            ("/old", "/new"),
            ("/old/", "/new/"),
            ("/old/a?b=c", "/new/a?b=c"),
            ("/older", "/older"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api/x", "/x"),
            ("/api//x", "/api//x"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn the_first_rule_that_matches_wins(proxy) {
        let plugin =
            proxy.load(r#"{"rules": [{"regex": "^/a", "replace": "/b"}, {"regex": "^/b", "replace": "/c"}]}"#);
        plugin.send(Request::get("/a")).expect_upstream_path("/b");
        plugin.send(Request::get("/b")).expect_upstream_path("/c");
    }

    fn parameters_of_the_replacement_come_first(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "^/u/([a-z]+)$", "replace": "/user?name=$1"}]}"#);
        plugin.send(Request::get("/u/ann")).expect_upstream_path("/user?name=ann");
        plugin.send(Request::get("/u/ann?x=1")).expect_upstream_path("/user?name=ann&x=1");
    }

    fn an_unsafe_result_leaves_the_request_as_it_was(proxy) {
        let long = format!("/{}", "x".repeat(2000));
        for (rule, target) in [
            (r#"{"regex": "^/x", "replace": "/"}"#, "/x/evil.example"),
            (r#"{"regex": "^/x", "replace": "/\\"}"#, "/x"),
            (r#"{"regex": "/(.*)", "replace": "/../$1"}"#, "/etc"),
            (r#"{"regex": "/", "replace": "/%2e%2e/"}"#, "/etc"),
            (r#"{"regex": "x", "replace": "xxxxxxxxxx"}"#, &long),
        ] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{rule}]}}"#));
            plugin.send(Request::get(target)).expect_upstream_path(target);
        }
    }

    fn exact_paths_and_templates(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"exact": "/health", "replace": "/healthz"},
            {"exact": "/search", "replace": "/find?lang=en"},
            {"template": "/users/{id}/posts/{post}", "replace": "/p/{post}?author={id}"}
        ]}"#);
        for (target, expected) in [
            ("/health", "/healthz"),
            ("/health?a=b", "/healthz?a=b"),
            ("/health/", "/health/"),
            ("/search?q=x", "/find?lang=en&q=x"),
            ("/users/7/posts/9", "/p/9?author=7"),
            ("/users/7/posts/9?x=y", "/p/9?author=7&x=y"),
            ("/users/7&admin=1/posts/9", "/p/9?author=7%26admin%3D1"),
            ("/users/7/posts/", "/users/7/posts/"),
            ("/users//posts/9", "/users//posts/9"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn one_occurrence_or_all(proxy) {
        let rule = |more: &str| format!(r#"{{"rules": [{{"regex": "a", "replace": "b"{more}}}]}}"#);
        for (more, expected) in
            [("", "/bb"), (r#", "occurrences": "all""#, "/bb"), (r#", "occurrences": "first""#, "/ba")]
        {
            proxy.load(&rule(more)).send(Request::get("/aa")).expect_upstream_path(expected);
        }
    }

    fn rules_that_continue_show_their_result_to_those_behind(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/b", "continue": true},
            {"regex": "^/b/(.*)$", "replace": "/c/$1?from=b", "continue": true},
            {"prefix": "/c", "replace": "/d"},
            {"prefix": "/d", "replace": "/never"}
        ]}"#);
        plugin.send(Request::get("/a/x?y=z")).expect_upstream_path("/d/x?from=b&y=z");
        plugin.send(Request::get("/c")).expect_upstream_path("/d");
    }

    fn rules_can_depend_on_the_request(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/old", "replace": "/new", "when": {"method": ["GET"]}},
            {"prefix": "/old", "replace": "/posted", "when": {"header": "x-a", "exact": "1"}}
        ]}"#);
        plugin.send(Request::get("/old")).expect_upstream_path("/new");
        plugin.send(Request::post("/old", &["x"])).expect_upstream_path("/old");
        plugin.send(Request::post("/old", &["x"]).header("x-a", "1")).expect_upstream_path("/posted");
    }

    fn no_server_is_led_out_of_the_replacement(proxy) {
        let prefix = r#"{"prefix": "/public", "replace": "/internal/files"}"#;
        let locale = r#"{"regex": "^(/[a-z]{2})?/public/(.*)$", "replace": "$1/internal/files/$2"}"#;
        for (rule, target, expected) in [
            (prefix, "/public/a%2fb%5c..%5c..%5csecret", "="),
            (prefix, "/public/a%2fb%5c..%5c../secret", "="),
            (prefix, "/public/a%5cb\\..%2f..%2fsecret", "="),
            (prefix, "/public/.well-known/v1..2/...", "/internal/files/.well-known/v1..2/..."),
            (locale, "/public/../secret", "="),
            (locale, "/public/a/../b", "/internal/files/a/../b"),
            (locale, "/de/public/a", "/de/internal/files/a"),
        ] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{rule}]}}"#));
            let expected = if expected == "=" { target } else { expected };
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn rules_that_cannot_match_take_no_steps(proxy) {
        let other = |n: usize| format!(
            r#"{{"prefix": "/p{n}", "replace": "/q", "when": {{"path": {{"regex": "/v{n}/[a-z]{{1,20}}/[0-9]{{1,20}}/detail$"}}}}}}"#
        );
        let others: Vec<_> = (0..10).map(other).collect();
        let last = r#"{"prefix": "/old", "replace": "/new", "when": {"path": {"regex": "^/old/(users|items)/[a-z]{1,20}"}}}"#;
        let plugin = proxy.load(&format!(r#"{{"rules": [{}, {last}], "on_unsafe": "reject"}}"#, others.join(", ")));
        for length in [100, 400, 2000] {
            let rest = format!("/users/{}", "x".repeat(length));
            plugin.send(Request::get(format!("/old{rest}"))).expect_upstream_path(&format!("/new{rest}"));
        }
        // Nor does a condition that takes too many let a request by.
        let greedy = r#"{"prefix": "/a", "replace": "/b", "when": {"path": {"regex": "x(?:.{0,900}.{0,900}~)?"}}}"#;
        let plugin = proxy.load(&format!(r#"{{"rules": [{greedy}], "on_unsafe": "reject"}}"#));
        plugin.send(Request::get(format!("/a/{}", "x".repeat(4000)))).expect_status(400);
    }

    fn a_redirect_brings_parameters_along_once(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"exact": "/a", "replace": "/a?v=1", "redirect": {"status": 302}}]}"#,
        );
        plugin.send(Request::get("/a")).expect_header("location", &["http://a.example/a?v=1"]);
        plugin.send(Request::get("/a?x")).expect_header("location", &["http://a.example/a?v=1&x"]);
        for target in ["/a?v=1", "/a?v=1&x"] {
            plugin.send(Request::get(target)).expect_status(200).expect_upstream_path(target);
        }
        plugin.send(Request::get("/a?v=12")).expect_header("location", &["http://a.example/a?v=1&v=12"]);
    }

    fn conditions_can_test_the_path_by_a_regex(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/b", "when": {"path": {"regex": "^/a/[0-9]+$"}}},
            {"prefix": "/a", "replace": "/c", "when": {"not": {"path": {"regex": "x(?:.{0,900}.{0,900}~)?"}}}}
        ]}"#);
        let long = format!("/a/{}", "y".repeat(8000));
        for (target, expected) in [
            ("/a/7?b=c", "/b/7?b=c"),
            ("/a/x/../7", "/b/x/../7"),
            ("/a/q", "/c/q"),
            ("/a/x", "/a/x"),
            // Unknown: where it leads, or since it would take too many steps.
            ("/a/x%2f../7", "/a/x%2f../7"),
            (&long, &long),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn a_prefix_can_bring_parameters_along(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/a", "replace": "/b?v=1"}, {"prefix": "/c", "replace": "/?"}]}"#,
        );
        for (target, expected) in [
            ("/a", "/b?v=1"),
            ("/a/x?y=z", "/b/x?v=1&y=z"),
            ("/c?x=1", "/?x=1"),
            ("/c?", "/?"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn a_redirect_to_where_the_client_is_goes_on(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/", "redirect": {"host": "a.example", "scheme": "http"}}]}"#,
        );
        plugin.send(Request::get("/a?b")).expect_status(200).expect_upstream_path("/a?b");
        let elsewhere = plugin.send(Request::get("/a?b").authority("b.example"));
        elsewhere.expect_status(308).expect_header("location", &["http://a.example/a?b"]);
    }

    fn a_redirect_knows_a_client_that_is_there_however_it_is_written(proxy) {
        for (redirect, authority, location) in [
            (r#"{"scheme": "http", "port": 80}"#, "a.example", None),
            (r#"{"scheme": "http", "port": 80}"#, "a.example:8080", Some("http://a.example/a")),
            (r#"{"host": "A.Example"}"#, "a.example", None),
            (r#"{"host": "A.Example"}"#, "b.example", Some("http://a.example/a")),
            (r#"{"host": "[2001:DB8:0:0:0:0:0:1]"}"#, "[2001:db8::1]", None),
            (r#"{"host": "[2001:DB8:0:0:0:0:0:1]"}"#, "a.example", Some("http://[2001:db8::1]/a")),
        ] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{{"prefix": "/", "redirect": {redirect}}}]}}"#));
            let answer = plugin.send(Request::get("/a").authority(authority));
            match location {
                Some(location) => _ = answer.expect_status(308).expect_header("location", &[location]),
                None => _ = answer.expect_status(200).expect_upstream_path("/a"),
            }
        }
    }

    fn matching_that_would_take_too_long_is_unsafe(proxy) {
        let path = format!("/{}", "Qa".repeat(2000));
        for (regex, status) in
            [("Q(?:.*a.{900}c)?", 400), ("Q(?:.{0,900}.{0,900}~)?", 400), ("Z(?:.{0,9}~)?", 200), ("/(Q[a-z]*)", 200)]
        {
            let rules = format!(r#"[{{"regex": "{regex}", "replace": "$0"}}]"#);
            let plugin = proxy.load(&format!(r#"{{"rules": {rules}, "on_unsafe": "reject"}}"#));
            plugin.send(Request::get(&path)).expect_status(status);
        }
    }

    fn long_paths_are_unsafe_to_rules_that_would_have_to_look_at_them(proxy) {
        let long = format!("/{}", "x".repeat(8192));
        let rules = r#""rules": [{"prefix": "/zzz", "replace": "/a"}]"#;
        let plugin = proxy.load(&format!(r#"{{{rules}, "on_unsafe": "reject"}}"#));
        plugin.send(Request::get(&long)).expect_upstream_path(&long);
        let rules = r#""rules": [{"regex": "zzz", "replace": "a"}]"#;
        let plugin = proxy.load(&format!(r#"{{{rules}, "on_unsafe": "reject"}}"#));
        plugin.send(Request::get(&long)).expect_status(400);
    }

    fn queries_are_kept_or_dropped(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"},
                                             {"exact": "/c", "replace": "/d?e=f"}], "query": "drop"}"#);
        plugin.send(Request::get("/a/x?y=z")).expect_upstream_path("/b/x");
        plugin.send(Request::get("/c?y=z")).expect_upstream_path("/d?e=f");
        plugin.send(Request::get("/other?y=z")).expect_upstream_path("/other?y=z");
    }

    fn the_original_path_cannot_be_forged(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"}],
                                   "original_path_header": "X-Original"}"#);
        plugin.send(Request::get("/a/x?y=z").header("x-original", "/forged"))
            .expect_upstream_path("/b/x?y=z")
            .expect_upstream_header("x-original", &["/a/x?y=z"]);
        plugin.send(Request::get("/other").header("x-original", "/forged"))
            .expect_upstream_path("/other")
            .expect_upstream_header("x-original", &[]);
    }

    fn no_spelling_of_the_original_path_is_the_clients(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"}],
                                   "original_path_header": "x-original-path"}"#);
        for (target, original) in [("/a/x", &["/a/x"][..]), ("/other", &[])] {
            let request = Request::get(target).header("x-original-path", "/f").header("x_original_path", "/f")
                .header("X_Original-Path", "/f").header("x-original_path", "/f").header("x-original", "/mine");
            plugin.send(request)
                .expect_upstream_header("x-original-path", original)
                .expect_upstream_header("x_original_path", &[])
                .expect_upstream_header("x_original-path", &[])
                .expect_upstream_header("x-original_path", &[])
                .expect_upstream_header("x-original", &["/mine"]);
        }
    }

    fn clients_are_redirected(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/docs", "redirect": {"host": "docs.example.com", "scheme": "https"}},
            {"prefix": "/old", "replace": "/new", "redirect": {"status": 301}},
            {"regex": "^/go/(.*)$", "replace": "/$1", "redirect": {"status": 302, "host": "b.example", "port": 8080}}
        ]}"#);
        for (target, status, location) in [
            ("/docs/a?b=c", 308, "https://docs.example.com/docs/a?b=c"),
            ("/old/x", 301, "http://a.example/new/x"),
            ("/go/x%2Fy", 302, "http://b.example:8080/x%2Fy"),
            ("/go/a\\b", 302, "http://b.example:8080/a%5Cb"),
        ] {
            plugin.send(Request::get(target))
                .expect_status(status)
                .expect_header("location", &[location])
                .expect_unreached();
        }
        // A capture that would be another host.
        plugin.send(Request::get("/go//evil.example")).expect_status(200).expect_header("location", &[]);
    }

    fn unsafe_results_are_passed_by_or_rejected_and_counted(proxy) {
        let rule = r#""rules": [{"regex": "^/x", "replace": "/"}]"#;
        let plugin = proxy.load(&format!("{{{rule}}}"));
        plugin.send(Request::get("/x/evil.example")).expect_upstream_path("/x/evil.example");
        assert_eq!(plugin.metric("path_rewrite.unsafe"), 1);
        let plugin = proxy.load(&format!(r#"{{{rule}, "on_unsafe": "reject"}}"#));
        plugin.send(Request::get("/x/evil.example")).expect_status(400).expect_unreached();
        plugin.send(Request::get("/xy")).expect_upstream_path("/y");
    }

    // What a rule makes of a target, and what reaches the upstream: `=` where that is what came.
    fn what_is_unsafe_stays_as_it_came(proxy) {
        let cases: [(&str, &[(&str, &str)]); 8] = [
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
        ];
        for (rule, targets) in cases {
            let plugin = proxy.load(&format!(r#"{{"rules": [{rule}]}}"#));
            for (target, expected) in targets {
                let expected = if *expected == "=" { target } else { expected };
                plugin.send(Request::get(target)).expect_upstream_path(expected);
            }
        }
    }

    fn no_path_climbs_out_of_what_a_rule_put_it_into(proxy) {
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

    fn conditions_see_where_a_path_leads(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"regex": "$", "replace": "?is=public", "when": {"path": {"prefix": "/public"}}},
            {"regex": "$", "replace": "?is=other", "when": {"not": {"path": {"prefix": "/public"}}}}
        ]}"#);
        for (target, expected) in [
            ("/public/a", "/public/a?is=public"),
            ("/x/../public", "/x/../public?is=public"),
            ("/public/../a", "/public/../a?is=other"),
            ("/public/..%2fa", "/public/..%2fa"),
            ("/public//../a", "/public//../a"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
