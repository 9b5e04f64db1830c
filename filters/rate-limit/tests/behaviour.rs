//! What rate-limit lets through.

use std::time::Duration;

use proxy_filter_test::{Plugin, Request, filter_test, json_examples};
use rate_limit::RateLimit;

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

/// Sends a request several times and returns what came back.
fn statuses(plugin: &Plugin, times: usize, request: &Request) -> Vec<u16> {
    (0..times).map(|_| plugin.send(request.clone()).status()).collect()
}

filter_test! {
    http RateLimit => "rate-limit";

    fn three_per_minute_and_address(proxy) {
        let plugin = proxy.load(PER_IP);
        let ann = Request::get("/");
        assert_eq!(statuses(&plugin, 5, &ann), [200, 200, 200, 429, 429]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("10.0.0.2")), [200]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("2001:db8::1")), [200]);

        proxy.advance(Duration::from_secs(20));
        assert_eq!(statuses(&plugin, 2, &ann), [200, 429]);
        proxy.advance(Duration::from_secs(3600));
        assert_eq!(statuses(&plugin, 4, &ann), [200, 200, 200, 429]);
    }

    fn clients_of_one_ipv6_network_are_one(proxy) {
        let plugin = proxy.load(PER_IP);
        assert_eq!(statuses(&plugin, 3, &Request::get("/").from("2001:db8::1")), [200, 200, 200]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8::2:1")), [429]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8:0:1::1")), [200]);
    }

    fn a_limited_client_learns_when_to_come_back(proxy) {
        let plugin = proxy.load(PER_IP);
        for _ in 0..3 {
            plugin.send(Request::get("/")).expect_status(200).expect_header("retry-after", &[]);
        }
        let limited = plugin.send(Request::get("/"));
        limited.expect_status(429).expect_header("retry-after", &["20"]);
        assert!(!limited.reached_upstream(), "{limited}");
        proxy.advance(Duration::from_millis(19_001));
        plugin.send(Request::get("/")).expect_header("retry-after", &["1"]);
    }

    fn a_rule_by_header_does_not_apply_without_it(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "key", "key": [{"header": "X-Api-Key"}], "limit": 1, "period": "1h"}]}"#,
        );
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(statuses(&plugin, 2, &with("a")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("b")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("")), [200, 429]);
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
    }

    fn a_refusal_says_what_rules_have_left_that_were_not_charged(proxy) {
        let plugin = proxy.load(r#"{"headers": ["ratelimit"], "rules": [
            {"name": "a", "key": [], "limit": 1000, "period": "1h"},
            {"name": "b", "key": [], "limit": 1, "period": "1h"}
        ]}"#);
        plugin.send(Request::get("/")).expect_header("ratelimit", &[r#""a";r=999;t=4, "b";r=0;t=3600"#]);
        for _ in 0..3 {
            let refused = plugin.send(Request::get("/"));
            let said = refused.header("ratelimit").concat();
            assert!(said.starts_with(r#""a";r=999;t="#), "{said}");
        }
    }

    fn a_refused_request_is_charged_to_no_rule(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"name": "all", "key": [], "limit": 3, "period": "1h"},
            {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}
        ]}"#);
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(statuses(&plugin, 50, &with("a")).iter().filter(|status| **status == 200).count(), 1);
        assert_eq!(statuses(&plugin, 1, &with("b")), [200]);
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 429]);
    }

    fn a_reload_keeps_the_counts_of_an_unchanged_rule_and_starts_a_changed_one_anew(proxy) {
        let first = proxy.load(PER_IP);
        assert_eq!(statuses(&first, 3, &Request::get("/")), [200, 200, 200]);
        let keys = proxy.shared_data_keys();
        let same = proxy.load(PER_IP);
        assert_eq!(statuses(&same, 1, &Request::get("/")), [429]);
        let changed = proxy.load(r#"{"ttlSecond": 60, "burst": 2}"#);
        assert_eq!(statuses(&changed, 3, &Request::get("/")), [200, 200, 429]);
        assert_eq!(statuses(&first, 1, &Request::get("/")), [429], "a rollback finds its counts");
        first.unload();
        same.unload();
        changed.unload();
        for burst in 3..40 {
            proxy.load(&format!(r#"{{"ttlSecond": 60, "burst": {burst}}}"#)).unload();
            proxy.advance(Duration::from_secs(5));
        }
        // Those of the last 16 versions, and of who was here within the last seconds.
        let tables = proxy.shared_data_keys().checked_div(keys).unwrap_or_default();
        assert!(tables < 20, "{keys} became {}", proxy.shared_data_keys());
        let last = proxy.load(r#"{"ttlSecond": 60, "burst": 1}"#);
        assert_eq!(statuses(&last, 2, &Request::get("/")), [200, 429]);
    }

    fn plugins_of_one_name_take_nothing_from_each_other(proxy) {
        // With an Envoy for each there is nothing to take.
        let keys = proxy.shared_data_keys();
        assert_eq!(keys, 0);
        let limit = |limit: usize| format!(r#"{{"rules": [{{"key": [], "limit": {limit}, "period": "1h"}}]}}"#);
        let stays = proxy.load(&limit(1000));
        assert_eq!(statuses(&stays, 10, &Request::get("/")), [200; 10]);
        let plugins: Vec<_> = (1..=20).map(|count| (count, proxy.load(&limit(count)))).collect();
        for _ in 0..3 {
            for (_, plugin) in &plugins {
                plugin.send(Request::get("/"));
            }
        }
        for (limit, plugin) in &plugins {
            let admitted = statuses(plugin, 30, &Request::get("/")).iter().filter(|status| **status == 200).count();
            assert_eq!(admitted, limit.saturating_sub(3), "of {limit}");
        }
        plugins.into_iter().for_each(|(_, plugin)| plugin.unload());
        // The rules of others come and go; this one goes on.
        for hours in 2..60 {
            let other = proxy.load(&format!(r#"{{"rules": [{{"key": [], "limit": 1, "period": "{hours}h"}}]}}"#));
            assert_eq!(statuses(&other, 2, &Request::get("/")), [200, 429]);
            other.unload();
            proxy.wait(Duration::from_millis(3));
        }
        let admitted = statuses(&stays, 1000, &Request::get("/")).iter().filter(|status| **status == 200).count();
        assert_eq!(admitted, 990);
    }

    fn an_unlike_rule_of_the_same_name_has_buckets_of_its_own(proxy) {
        let limit = |more: &str| format!(r#"{{"rules": [{{"key": [], "limit": 1, "period": "1h"{more}}}]}}"#);
        for more in ["", r#", "when": {"path": {"prefix": "/"}}"#, r#", "missing": "deny""#, r#", "shadow": false, "burst": 2"#] {
            let plugin = proxy.load(&limit(more));
            plugin.send(Request::get("/")).expect_status(200);
        }
    }

    fn a_flood_of_clients_neither_grows_the_table_nor_frees_a_limited_one(proxy) {
        let plugin = proxy.load(PER_IP);
        let keys = proxy.shared_data_keys();
        assert_eq!(statuses(&plugin, 4, &Request::get("/")), [200, 200, 200, 429]);
        for client in 0x0b00_0000..0x0b00_5000_u32 {
            let [a, b, c, d] = client.to_be_bytes();
            plugin.send(Request::get("/").from(&format!("{a}.{b}.{c}.{d}")));
        }
        assert_eq!(statuses(&plugin, 1, &Request::get("/")), [429]);
        assert_eq!(proxy.shared_data_keys(), keys);
    }

    fn requests_are_counted_apart_by_the_parts_of_the_key(proxy) {
        let sid = |cookie: &str| Request::get("/").header("cookie", cookie);
        for (part, one, same, other) in [
            (r#"{"path": {}}"#, Request::get("/a?b"), Request::get("/a?c"), Request::get("/b")),
            (r#"{"method": {}}"#, Request::get("/"), Request::get("/b"), Request::post("/", &["x"])),
            (r#"{"query": "q"}"#, Request::get("/?q=a+b"), Request::get("/?x=1&%71=a%20b"), Request::get("/?q=a")),
            (r#"{"cookie": "sid"}"#, sid("a=1; sid=2"), sid("sid=2; a=3"), sid("sid=1")),
            (
                r#"{"attribute": "request.host"}"#,
                Request::get("/a"),
                Request::get("/b"),
                Request::get("/").authority("b.example"),
            ),
        ] {
            let plugin =
                proxy.load(&format!(r#"{{"rules": [{{"key": [{part}], "limit": 1, "period": "1h"}}]}}"#));
            let found = [one, same, other].map(|request| plugin.send(request).status());
            assert_eq!(found, [200, 429, 200], "{part}");
        }
    }

    fn a_request_without_a_part_of_the_key_is_skipped_or_denied(proxy) {
        for (missing, expected) in [("skip", [200, 429, 200]), ("deny", [200, 429, 429])] {
            let plugin = proxy.load(&format!(
                r#"{{"rules": [{{"key": [{{"query": "{missing}"}}], "limit": 1, "period": "1h", "missing": "{missing}"}}]}}"#
            ));
            let with = Request::get(format!("/?{missing}=1"));
            let found = [with.clone(), with, Request::get("/")].map(|request| plugin.send(request).status());
            assert_eq!(found, expected, "{missing}");
        }
    }

    fn a_denied_request_is_told_why_and_not_when(proxy) {
        let plugin = proxy
            .load(r#"{"rules": [{"key": [{"cookie": "c"}], "limit": 1, "period": "1h", "missing": "deny"}]}"#);
        let denied = plugin.send(Request::get("/"));
        denied.expect_status(429).expect_header("retry-after", &[]);
        denied.expect_body("this request lacks what requests are counted by\n");
    }

    fn networks_and_paths_are_exempt(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "all", "key": [], "limit": 1, "period": "1h", "when": {"method": ["GET"]}}],
                "exempt": [{"path": {"prefix": "/healthz"}}, {"client_ip": ["10.0.0.0/8", "2001:db8::/32"]}]}"#,
        );
        let from = |client: &str, path: &str| Request::get(path).from(client);
        assert_eq!(statuses(&plugin, 2, &from("192.0.2.1", "/healthz/live")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("10.1.2.3", "/")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("2001:db8::1", "/")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("192.0.2.1", "/")), [200, 429]);
        plugin.send(Request::post("/", &["x"]).from("192.0.2.1")).expect_status(200);
        plugin.expect_metric("rate_limit.all.exempt", 6);
        plugin.expect_metric("rate_limit.all.allowed", 1);
        plugin.expect_metric("rate_limit.all.limited", 1);
    }

    fn paths_count_as_where_they_lead(proxy) {
        let all = r#"{"name": "all", "key": [], "limit": 1, "period": "1h"}"#;
        let exempt = |condition: &str| format!(r#"{{"rules": [{all}], "exempt": {condition}}}"#);
        let not_api = r#"{"not": {"path": {"prefix": "/api"}}}"#;
        for (condition, path, is_exempt) in [
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/live", true),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/api/../healthz", true),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/../api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/%2e%2E/api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..;a/api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..%2fapi", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..%5capi", false),
            (not_api, "/healthz", true),
            (not_api, "/healthz/..%2fapi", false),
            (not_api, "/healthz/../api", false),
        ] {
            let plugin = proxy.load(&exempt(condition));
            let expected = if is_exempt { [200, 200] } else { [200, 429] };
            let request = Request::get(path).from("192.0.2.77");
            // In the model plugins with the same rule share its bucket.
            proxy.wait(Duration::from_millis(1));
            let found = statuses(&plugin, 3, &request);
            assert_eq!(found.get(1..), Some([expected[1], expected[1]].as_slice()), "{condition} {path}: {found:?}");
        }
        let plugin = proxy.load(
            r#"{"rules": [{"name": "api", "key": [{"client_ip": {}}], "limit": 1, "period": "1h", "when": {"path": {"prefix": "/api"}}}]}"#,
        );
        let from = |client: &str, path: &str| statuses(&plugin, 2, &Request::get(path).from(client));
        assert_eq!(from("192.0.2.1", "/other"), [200, 200]);
        assert_eq!(from("192.0.2.2", "/x/../api"), [200, 429]);
        assert_eq!(from("192.0.2.3", "/x/..%2fapi"), [200, 429], "where it leads is unknown, so it is limited");
        let plugin =
            proxy.load(r#"{"rules": [{"name": "path", "key": [{"path": {}}], "limit": 1, "period": "1h"}]}"#);
        let status = |path: &str| plugin.send(Request::get(path)).status();
        assert_eq!(["/a", "/x/../a", "/a/./", "/b%2f..%2fa", "/c/..%2f"].map(status), [200, 429, 200, 200, 429]);
    }

    fn one_stands_for_a_list(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 1, "period": "1m30s", "when": {"method": "GET"}}], "headers": "retry-after",
                "exempt": {"any": [{"host": ["b.example", "*.c.example"]}, {"client_ip": "10.9.0.0/16"}]}}"#,
        );
        let to = |host: &str| plugin.send(Request::get("/").authority(host)).status();
        assert_eq!(["b.example", "x.C.example:80", "a.y.c.example", "b.example"].map(to), [200; 4]);
        assert_eq!(["c.example", "xc.example"].map(to), [200, 429]);
        plugin.send(Request::get("/")).expect_status(429).expect_header("retry-after", &["90"]);
        plugin.send(Request::get("/").from("10.9.1.1")).expect_status(200);
    }

    fn a_rule_in_the_shadow_counts_and_refuses_nobody(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "dark", "key": [], "limit": 1, "period": "1h", "shadow": true}],
                "headers": ["retry-after", "ratelimit", "x-ratelimit"]}"#,
        );
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
        plugin.send(Request::get("/")).expect_header("ratelimit", &[]).expect_header("retry-after", &[]);
        plugin.expect_metric("rate_limit.dark.allowed", 1);
        plugin.expect_metric("rate_limit.dark.shadow_limited", 3);
        plugin.expect_metric("rate_limit.dark.limited", 0);
    }

    fn clients_are_told_of_their_limits(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [
                    {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 6, "period": "1h", "burst": 2},
                    {"name": "all", "key": [], "limit": 10, "period": "500ms", "cost": 3}
                ],
                "headers": ["retry-after", "ratelimit", "x-ratelimit"]}"#,
        );
        let policy = [r#""per-ip";q=6;w=3600, "all";q=6;w=1"#];
        plugin
            .send(Request::get("/"))
            .expect_status(200)
            .expect_header("ratelimit-policy", &policy)
            .expect_header("ratelimit", &[r#""per-ip";r=1;t=600, "all";r=2;t=1"#])
            .expect_header("x-ratelimit-limit", &["6"])
            .expect_header("x-ratelimit-remaining", &["1"])
            .expect_header("x-ratelimit-reset", &["600"])
            .expect_header("retry-after", &[]);
        let refused = statuses(&plugin, 2, &Request::get("/"));
        assert_eq!(refused, [200, 429]);
        plugin
            .send(Request::get("/"))
            .expect_status(429)
            .expect_header("ratelimit-policy", &policy)
            .expect_header("x-ratelimit-remaining", &["0"])
            .expect_header("x-ratelimit-reset", &["1200"])
            .expect_header("retry-after", &["600"]);
    }

    fn the_reply_is_as_configured_and_in_grpc_a_status(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 1, "period": "1h"}],
                "reply": {"status": 503, "body": "slow down\n", "headers": {"Content-Type": "text/x", "x-a": "b"}}}"#,
        );
        plugin.send(Request::get("/")).expect_status(200);
        let limited = plugin.send(Request::get("/"));
        limited.expect_status(503).expect_body("slow down\n");
        limited.expect_header("content-type", &["text/x"]).expect_header("x-a", &["b"]);
        let grpc = plugin.send(Request::get("/").header("content-type", "application/grpc"));
        grpc.expect_status(200).expect_header("grpc-status", &["8"]).expect_header("x-a", &["b"]);
    }

    fn a_request_takes_as_many_tokens_as_it_costs(proxy) {
        let plugin =
            proxy.load(r#"{"rules": [{"key": [], "limit": 10, "period": "1h", "burst": 5, "cost": 2}]}"#);
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 429]);
    }

    fn a_lease_admits_no_more_and_strands_what_other_workers_have(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 6, "period": "1h", "burst": 6, "lease": 4}]}"#,
        );
        let on = |worker: usize| plugin.send_on_worker(worker, &Request::get("/")).status();
        assert_eq!([on(0), on(1), on(1), on(1)], [200, 200, 200, 429], "two of four are with the first worker");
        assert_eq!([on(0), on(0), on(0), on(0)], [200, 200, 200, 429]);
        proxy.advance(Duration::from_secs(600));
        assert_eq!([on(1), on(0)], [200, 429]);
    }

    fn clients_in_one_place_share_no_lease_and_lose_none(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"header": "x-client"}], "limit": 10, "period": "1h", "lease": 10, "slots": 32768}]}"#,
        );
        let clients: Vec<_> = (0..400).map(|client| Request::get("/").header("x-client", client.to_string())).collect();
        let refused = |request: &Request| plugin.send_on_worker(0, request).status() != 200;
        for turn in 0..10 {
            assert_eq!(clients.iter().filter(|client| refused(client)).count(), 0, "turn {turn}");
        }
        assert!(clients.iter().all(refused));
    }

    fn parts_have_prefixes_of_their_own(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"client_ip": {"ipv4_prefix": 24}}], "limit": 2, "period": "1h"}]}"#,
        );
        let from = |client: &str| plugin.send(Request::get("/").from(client)).status();
        assert_eq!(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1"].map(from), [200, 200, 429, 200]);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
