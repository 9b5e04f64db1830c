//! Headers that mean something to filters, to Envoy, or to the next server.

use crate::exchange::Expected::{self, Any, Refused, Served};
use crate::kind::Kind;
use crate::message::Message;
use crate::upstream::FORGED;

/// Returns a request with each of them.
pub(super) fn all() -> Vec<[Kind; 2]> {
    let get = |name: &str, value: &str, expected: [Expected; 2]| {
        Kind::each(&format!("{name}: {value}"), &Message::get("/old/a").header(name, value), expected)
    };
    let forged = [
        "x-envoy-original-path",
        "x_envoy_original_path",
        "x-forwarded-prefix",
        "x_forwarded-prefix",
        "x-forwarded-host",
        "x_forwarded_host",
        "x-internal-user",
        "x-env",
        "x-a-secret",
    ];
    let forged = |target: &str| {
        let message = Message::get(target)
            .header("x-forwarded-for", "192.0.2.7, 10.0.0.1")
            .header("x-real-ip", "192.0.2.7");
        forged.iter().fold(message, |message, name| message.header(name, FORGED).header(name, FORGED))
    };
    let internal = Message { trailers: vec![(b"x-internal-a".into(), b"1".into())], ..Message::post("/") };
    vec![
        Kind::both("forged headers", &forged("/"), Served),
        Kind::both("forged headers, rewritten", &forged("/old/a"), Served),
        Kind::both("forged headers, stripped", &forged("/app/a"), Served),
        Kind::both(
            "forged headers, another host",
            &Message { host: b"b.example".into(), ..forged("/host/a") },
            Served,
        ),
        Kind::both("a forged trailer", &internal, Served),
        get("x-forwarded-for", "\u{7f},,,;", [Any; 2]),
        get("x-forwarded-proto", "gopher", [Any; 2]),
        get("x-envoy-internal", "true", [Served; 2]),
        get("x-envoy-retry-on", "5xx", [Served; 2]),
        get("x-envoy-upstream-rq-timeout-ms", "0", [Any; 2]),
        get("te", "trailers", [Served; 2]),
        get("te", "gzip", [Any, Any]),
        get("connection", "x-env, x-address, close", [Served, Refused]),
        get("connection", "upgrade", [Any, Refused]),
        get("keep-alive", "timeout=1", [Served, Refused]),
        get("proxy-connection", "keep-alive", [Any, Refused]),
        get("expect", "100-continue", [Served; 2]),
        get("expect", "200-maybe", [Any; 2]),
        get("content-type", "application/grpc", [Any; 2]),
        get("content-type", "application/grpc-web+proto;;=", [Any; 2]),
        get("range", "bytes=0-18446744073709551616", [Served; 2]),
        get("cookie", ";;;=;c=;c", [Served; 2]),
        get("x-tier", "\u{e9}lite", [Served; 2]),
        get("authorization", "Bearer ..", [Served; 2]),
        get("X-Upper", "1", [Served, Any]),
        get("", "no name", [Refused, Any]),
        get("x_underscore", "1", [Served; 2]),
        get("x-empty", "", [Served; 2]),
        get("x-spaces", "  \t a \t ", [Served, Any]),
    ]
}
