//! rate-limit with a rate limit service whose responses the tests set.

use proxy_filter_test::{Request, Response, Service, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

const GLOBAL: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 100, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 3, "period": "1h"}
    ],
    "headers": ["retry-after", "ratelimit"],
    "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "1s"}
}"#;

/// The code `OK`. The first rule allows 7 requests a minute, of which 5 are left for 9 s. The client gets `x-down: 2`,
/// and the upstream `x-up: 1`, but not the `content-length`, which a filter may not set.
const OK: &[u8] = b"\x08\x01\x12\x0e\x08\x01\x12\x04\x08\x07\x10\x02\x18\x05\x22\x02\x08\x09\
    \x12\x02\x08\x01\x1a\x0b\x0a\x06x-down\x12\x012\x22\x09\x0a\x04x-up\x12\x011\x22\x13\x0a\x0econtent-length\x12\x011";

/// The code `OVER_LIMIT`, because of the first rule and for 30 s more, and a body.
const OVER_LIMIT: &[u8] = b"\x08\x02\x12\x06\x08\x02\x22\x02\x08\x1e\x2a\x05over\n";

/// Encodes a header of a service's response: field 3 is for responses, 4 for requests.
fn header_field(tag: u8, name: &str, value: &str) -> Vec<u8> {
    let text =
        |tag: u8, text: &str| [&[tag, u8::try_from(text.len()).unwrap_or(0)], text.as_bytes()].concat();
    let header = [text(0x0a, name), text(0x12, value)].concat();
    [vec![tag, u8::try_from(header.len()).unwrap_or(0)], header].concat()
}

/// Encodes the tag and the length of a field with this many bytes.
fn field_of_size(tag: u8, mut size: usize) -> Vec<u8> {
    let mut bytes = vec![tag];
    while size > 0x7f {
        bytes.push(u8::try_from(size % 0x80).unwrap_or(0) | 0x80);
        size /= 0x80;
    }
    bytes.push(u8::try_from(size).unwrap_or(0));
    bytes
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn the_service_has_the_last_word(proxy) {
        proxy.reset_metrics();
        proxy.service("ratelimit", Service::Grpc(OK.to_vec()));
        let plugin = proxy.load(GLOBAL);
        plugin.send(Request::get("/").header("x-api-key", "k"))
            .expect_status(200)
            .expect_upstream_header("x-up", &["1"])
            .expect_header("x-down", &["2"])
            .expect_header("ratelimit-policy", &[r#""per-ip";q=7;w=60, "key";q=3;w=3600"#])
            .expect_header("ratelimit", &[r#""per-ip";r=5;t=9, "key";r=2;t=1200"#]);
        let asked = proxy.calls_to("ratelimit");
        let call = |call: &Request| (call.headers.values(":path").concat(), call.body.concat().escape_ascii().to_string());
        assert_eq!(
            asked.iter().map(call).collect::<Vec<_>>(),
            [("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit".into(), "\\n\\x04edge\\x12\\x1c\\n\\x1a\\n\\x0eremote_address\\x12\\x0810.0.0.1\\x12\\x10\\n\\x0e\\n\\tx-api-key\\x12\\x01k\\x18\\x01".to_owned())]
        );
        proxy.service("ratelimit", Service::Grpc(OVER_LIMIT.to_vec()));
        plugin.send(Request::get("/"))
            .expect_status(429)
            .expect_header("retry-after", &["30"])
            .expect_body("over\n")
            .expect_unreached();
        let grpc = plugin.send(Request::get("/").header("content-type", "application/grpc"));
        grpc.expect_header("grpc-status", &["8"]);
        plugin.expect_metric("rate_limit.global_allowed.filter.plugin.rule.per-ip", 1);
        plugin.expect_metric("rate_limit.global_limited.filter.plugin.rule.per-ip", 2);
    }

    fn headers_of_the_service_replace_only_forged_ones(proxy) {
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
        proxy.service("ratelimit", answer(1));
        let upstream = Response::new(200).header("set-cookie", "session=abc").header("vary", "accept");
        let plugin = proxy.load(GLOBAL).upstream(upstream);
        plugin.send(Request::get("/").header("x-up", "forged"))
            .expect_upstream_header("x-up", &["a", "b"])
            .expect_header("set-cookie", &["session=abc", "e=1", "e=2"])
            .expect_header("vary", &["accept,x"])
            .expect_header("content-type", &[])
            .expect_header("x-ratelimit-limit", &["60"]);
        proxy.service("ratelimit", answer(2));
        plugin.send(Request::get("/"))
            .expect_status(429)
            .expect_header("x-ratelimit-limit", &["60"])
            .expect_header("content-type", &["application/json"])
            .expect_header("set-cookie", &["e=1", "e=2"])
            // The service does not say when to retry, and what this Envoy has left does not matter.
            .expect_header("retry-after", &[])
            .expect_header("ratelimit", &[])
            .expect_body("too many requests, retry later\n");
    }

    fn the_service_cannot_set_headers_that_belong_to_the_reply(proxy) {
        let body = |size: usize| [field_of_size(0x2a, size), vec![b'x'; size]].concat();
        let headers = ["grpc-status", "grpc-message", "grpc-status-details-bin", "content-length", "connection"];
        let headers: Vec<u8> = headers.iter().flat_map(|name| header_field(0x1a, name, "0")).collect();
        proxy.service("ratelimit", Service::Grpc([b"\x08\x02".to_vec(), headers, body(5_000_000)].concat()));
        let plugin = proxy.load(GLOBAL);
        let reply = plugin.send(Request::get("/"));
        assert_eq!(reply.status(), 429);
        assert_eq!(reply.body().len(), 64 * 1024);
        reply.expect_header("grpc-status", &[]).expect_header("grpc-message", &[]);
        let grpc = plugin.send(Request::get("/").header("content-type", "application/grpc+proto"));
        grpc.expect_header("grpc-status", &["8"])
            .expect_header("grpc-status-details-bin", &[])
            .expect_header("grpc-message", &["x".repeat(1024).as_str()])
            .expect_header("content-type", &["application/grpc"]);
    }

    fn the_service_is_not_called_without_applicable_rules_or_after_a_local_limit(proxy) {
        proxy.service("ratelimit", Service::Grpc(b"\x08\x01".to_vec()));
        let plugin = proxy.load(r#"{"rules": [{"key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}],
                                   "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "1s"}}"#);
        plugin.send(Request::get("/")).expect_status(200);
        assert_eq!(proxy.calls_to("ratelimit").len(), 0);
        assert_eq!(statuses(&plugin, 2, &Request::get("/").header("x-api-key", "k")), [200, 429]);
        assert_eq!(proxy.calls_to("ratelimit").len(), 1);
    }

    fn if_the_service_fails_local_rules_decide_or_requests_are_denied(proxy) {
        proxy.reset_metrics();
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
        let with = |cluster: &str, on_error: &str| {
            proxy.load(&format!(
                r#"{{"rules": [{{"name": "{cluster}-{on_error}", "key": [], "limit": 2, "period": "1h"}}],
                    "global": {{"cluster": "{cluster}", "domain": "edge", "timeout": "100ms", "on_error": "{on_error}"}}}}"#
            ))
        };
        let clusters = failing.iter().map(|(cluster, _)| *cluster).chain(["missing", "envoy"]);
        // Each of two plugins fails twice, and their counters are the same.
        let errors = (2..).step_by(4).zip((4..).step_by(4));
        for (cluster, (of_local, of_both)) in clusters.zip(errors) {
            let plugin = with(cluster, "local");
            assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 429], "{cluster}");
            plugin.expect_metric("rate_limit.global_error.filter.plugin", of_local);
            assert_eq!(statuses(&with(cluster, "deny"), 3, &Request::get("/")), [503, 503, 429], "{cluster}");
            plugin.expect_metric("rate_limit.global_error.filter.plugin", of_both);
        }
        assert_eq!(statuses(&with("users", "allow"), 3, &Request::get("/")), [200, 200, 429]);
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn a_client_that_leaves_cancels_its_call(proxy) {
        proxy.service("ratelimit", Service::Silent);
        let plugin = proxy.load(r#"{"rules": [{"key": [], "limit": 100, "period": "1h"}],
                                   "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "1h"}}"#);
        plugin.send_and_leave(&Request::get("/"));
        assert_eq!(proxy.calls_outstanding(), 0);
    }
}
