//! Pseudo-headers, and headers that HTTP/2 does not have.

use harness::h2::{self, flag};

use super::first::after;
use crate::exchange::Expected::{Any, Refused};
use crate::kind::Kind;
use crate::message::{STREAM, blocks};
use crate::upstream::SMUGGLED;

/// Returns them.
pub(super) fn all() -> Vec<Kind> {
    let of = |name: &str, fields: &[(&str, &str)], expected| {
        let block = h2::fields(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        after(name, blocks(&block, flag::END_STREAM, STREAM), expected)
    };
    let [method, scheme, path, host] =
        [(":method", "GET"), (":scheme", "http"), (":path", "/old/a"), (":authority", "a.example")];
    let connect = (":method", "CONNECT");
    let line = format!("a\r\n\r\nGET {SMUGGLED} HTTP/1.1\r\nhost: b\r\n\r\n");
    vec![
        of("a request in a value", &[method, scheme, path, host, ("x-any", &line)], Refused),
        of("a request in a path", &[method, scheme, (":path", &line), host], Refused),
        of("a request in a host", &[method, scheme, path, (":authority", &line)], Refused),
        of("no method", &[scheme, path, host], Refused),
        of("no scheme", &[method, path, host], Refused),
        of("no path", &[method, scheme, host], Refused),
        of("no authority", &[method, scheme, path], Any),
        of("no authority, but a host", &[method, scheme, path, ("host", "a.example")], Any),
        of("a host and another authority", &[method, scheme, path, host, ("host", "b.example")], Any),
        of("two methods", &[method, method, scheme, path, host], Refused),
        of("two paths", &[method, scheme, path, path, host], Refused),
        of("two authorities", &[method, scheme, path, host, host], Refused),
        of("a path after a header", &[method, scheme, host, ("x-a", "1"), path], Any),
        of("an unknown pseudo-header", &[method, scheme, path, host, (":forged", "1")], Refused),
        of("a status", &[method, scheme, path, host, (":status", "200")], Refused),
        of("a name in capitals", &[method, scheme, path, host, ("X-A", "1")], Refused),
        of("an empty name", &[method, scheme, path, host, ("", "1")], Any),
        of("te: gzip", &[method, scheme, path, host, ("te", "gzip")], Any),
        of("transfer-encoding", &[method, scheme, path, host, ("transfer-encoding", "chunked")], Refused),
        of("upgrade", &[method, scheme, path, host, ("upgrade", "h2c")], Refused),
        of("scheme file", &[method, (":scheme", "file"), path, host], Any),
        of("an empty scheme", &[method, (":scheme", ""), path, host], Any),
        of("CONNECT", &[connect, (":authority", "a.example:443")], Any),
        of("CONNECT with a path", &[connect, path, host], Refused),
        of("CONNECT without an authority", &[connect], Refused),
        of("extended CONNECT", &[connect, scheme, path, host, (":protocol", "websocket")], Any),
        of("extended CONNECT to nothing", &[connect, scheme, path, host, (":protocol", "")], Any),
        of("extended GET", &[method, scheme, path, host, (":protocol", "websocket")], Refused),
    ]
}
