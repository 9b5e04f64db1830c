//! What rate-limit lets through.

use std::time::Duration;

use proxy_filter_test::{Plugin, Request, Response, Service, filter_test, json_examples};
use rate_limit::RateLimit;

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

const GLOBAL: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 100, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 3, "period": "1h"}
    ],
    "headers": ["retry-after", "ratelimit"],
    "global": {"cluster": "engine", "domain": "edge", "timeout": "1s"}
}"#;

/// Code 1; of the first rule 7 a minute, 5 left, for 9 s; `x-down: 2` for the client, `x-up: 1` and what may not be
/// set for the upstream.
const OK: &[u8] = b"\x08\x01\x12\x0e\x08\x01\x12\x04\x08\x07\x10\x02\x18\x05\x22\x02\x08\x09\
    \x12\x02\x08\x01\x1a\x0b\x0a\x06x-down\x12\x012\x22\x09\x0a\x04x-up\x12\x011\x22\x13\x0a\x0econtent-length\x12\x011";

/// Code 2, which is that of the first rule for another 30 s; and a body.
const OVER_LIMIT: &[u8] = b"\x08\x02\x12\x06\x08\x02\x22\x02\x08\x1e\x2a\x05over\n";

/// Sends a request several times and returns what came back.
fn statuses(plugin: &Plugin, times: usize, request: &Request) -> Vec<u16> {
    (0..times).map(|_| plugin.send(request.clone()).status()).collect()
}

/// A header in an engine's answer: field 3 is for responses, 4 for requests.
fn header_field(tag: u8, name: &str, value: &str) -> Vec<u8> {
    let text =
        |tag: u8, text: &str| [&[tag, u8::try_from(text.len()).unwrap_or(0)], text.as_bytes()].concat();
    let header = [text(0x0a, name), text(0x12, value)].concat();
    [vec![tag, u8::try_from(header.len()).unwrap_or(0)], header].concat()
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
        for burst in 3..20 {
            proxy.load(&format!(r#"{{"ttlSecond": 60, "burst": {burst}}}"#));
        }
        assert!(proxy.shared_data_keys() <= keys.saturating_mul(4), "{keys} became {}", proxy.shared_data_keys());
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

    fn an_engine_has_the_last_word(proxy) {
        proxy.service("engine", Service::Grpc(OK.to_vec()));
        let plugin = proxy.load(GLOBAL);
        plugin.send(Request::get("/").header("x-api-key", "k"))
            .expect_status(200)
            .expect_upstream_header("x-up", &["1"])
            .expect_header("x-down", &["2"])
            .expect_header("ratelimit-policy", &[r#""per-ip";q=7;w=60, "key";q=3;w=3600"#])
            .expect_header("ratelimit", &[r#""per-ip";r=5;t=9, "key";r=2;t=1200"#]);
        let asked = proxy.asked("engine");
        let call = |call: &Request| (call.headers.values(":path").concat(), call.body.concat().escape_ascii().to_string());
        assert_eq!(
            asked.iter().map(call).collect::<Vec<_>>(),
            [("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit".into(), "\\n\\x04edge\\x12\\x1c\\n\\x1a\\n\\x0eremote_address\\x12\\x0810.0.0.1\\x12\\x10\\n\\x0e\\n\\tx-api-key\\x12\\x01k\\x18\\x01".to_owned())]
        );
        proxy.service("engine", Service::Grpc(OVER_LIMIT.to_vec()));
        plugin.send(Request::get("/"))
            .expect_status(429)
            .expect_header("retry-after", &["30"])
            .expect_body("over\n")
            .expect_unreached();
        let grpc = plugin.send(Request::get("/").header("content-type", "application/grpc"));
        grpc.expect_header("grpc-status", &["8"]);
        plugin.expect_metric("rate_limit.per-ip.global_allowed", 1);
        plugin.expect_metric("rate_limit.per-ip.global_limited", 2);
    }

    fn what_an_engine_adds_takes_nothing_away_but_what_clients_forge(proxy) {
        let response = |name: &str, value: &str| header_field(0x1a, name, value);
        let request = |name: &str, value: &str| header_field(0x22, name, value);
        let answer = |code: u8| {
            let headers = [
                response("set-cookie", "e=1"), response("set-cookie", "e=2"), response("vary", "x"),
                response("x-ratelimit-limit", "60"), response("content-type", "application/json"),
                request("x-up", "a"), request("x-up", "b"),
            ];
            Service::Grpc([vec![0x08, code], headers.concat()].concat())
        };
        proxy.service("engine", answer(1));
        let upstream = Response::new(200).header("set-cookie", "session=abc").header("vary", "accept");
        let plugin = proxy.load(GLOBAL).upstream(upstream);
        plugin.send(Request::get("/").header("x-up", "forged"))
            .expect_upstream_header("x-up", &["a", "b"])
            .expect_header("set-cookie", &["session=abc", "e=1", "e=2"])
            .expect_header("vary", &["accept,x"])
            .expect_header("content-type", &[])
            .expect_header("x-ratelimit-limit", &["60"]);
        proxy.service("engine", answer(2));
        plugin.send(Request::get("/"))
            .expect_status(429)
            .expect_header("x-ratelimit-limit", &["60"])
            .expect_header("content-type", &["application/json"])
            .expect_header("set-cookie", &["e=1", "e=2"])
            // The engine does not say when, and what this Envoy has left does not count.
            .expect_header("retry-after", &[])
            .expect_header("ratelimit", &[])
            .expect_body("too many requests, retry later\n");
    }

    fn an_engine_is_not_asked_for_what_no_rule_applies_to_or_local_rules_refuse(proxy) {
        proxy.service("engine", Service::Grpc(b"\x08\x01".to_vec()));
        let plugin = proxy.load(r#"{"rules": [{"key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}],
                                   "global": {"cluster": "engine", "domain": "edge", "timeout": "1s"}}"#);
        plugin.send(Request::get("/")).expect_status(200);
        assert_eq!(proxy.asked("engine").len(), 0);
        assert_eq!(statuses(&plugin, 2, &Request::get("/").header("x-api-key", "k")), [200, 429]);
        assert_eq!(proxy.asked("engine").len(), 1);
    }

    fn an_engine_that_fails_leaves_it_to_the_local_rules_or_refuses(proxy) {
        let failing = [
            ("users", Service::GrpcStatus(14)),
            ("unknown", Service::Grpc(Vec::new())),
            ("rubbish", Service::Grpc(b"\xff\xff\xff".to_vec())),
            ("down", Service::Down),
            ("silent", Service::Silent),
        ];
        for (cluster, service) in failing.iter().cloned() {
            proxy.service(cluster, service);
        }
        let clusters = failing.iter().map(|(cluster, _)| *cluster).chain(["missing", "envoy"]);
        for cluster in clusters {
            let with = |on_error: &str| {
                proxy.load(&format!(
                    r#"{{"rules": [{{"name": "{cluster}-{on_error}", "key": [], "limit": 2, "period": "1h"}}],
                        "global": {{"cluster": "{cluster}", "domain": "edge", "timeout": "200ms", "on_error": "{on_error}"}}}}"#
                ))
            };
            let plugin = with("local");
            assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 429], "{cluster}");
            plugin.expect_metric(&format!("rate_limit.{cluster}-local.global_error"), 2);
            assert_eq!(statuses(&with("allow"), 3, &Request::get("/")), [200, 200, 429], "{cluster}");
            assert_eq!(statuses(&with("deny"), 3, &Request::get("/")), [503, 503, 429], "{cluster}");
        }
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn a_client_that_leaves_cancels_its_call(proxy) {
        proxy.service("engine", Service::Silent);
        let plugin = proxy.load(r#"{"rules": [{"key": [], "limit": 100, "period": "1h"}],
                                   "global": {"cluster": "engine", "domain": "edge", "timeout": "1h"}}"#);
        plugin.send_and_leave(&Request::get("/"));
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
