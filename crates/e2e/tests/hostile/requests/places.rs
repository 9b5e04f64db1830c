//! Targets, hosts and methods.

use crate::exchange::Expected::Any;
use crate::kind::Kind;
use crate::message::Message;

/// Targets that servers read differently.
const TARGETS: [&str; 44] = [
    "",
    "*",
    "/",
    "//",
    "///a//b",
    "/.",
    "/..",
    "/../..",
    "/a/../b",
    "/old/../new",
    "/old/..",
    "/old/%2e%2e/secret",
    "/old/.%2E/secret",
    "/old%2f..%2fsecret",
    "/old/..%5csecret",
    "/old/..\\secret",
    "/old/..;a/secret",
    "/old;a=1/b",
    "/users//posts/",
    "/users/%2e%2e/posts/1",
    "/users/a%2fb/posts/%00",
    "/users/?/posts/#",
    "/old?",
    "/old??a?b",
    "/old#fragment",
    "/%",
    "/%zz",
    "/%u0041",
    "/%ff%fe",
    "/\u{fc}nic\u{f6}de/\u{1f600}",
    "/health",
    "/health/",
    "/HEALTH",
    "/banana/99999999999999999999",
    "/tenant/%2e",
    "/APP//evil.example",
    "/r//evil.example/%0d%0aset-cookie:a=1",
    "/shop/../shop",
    "/docs/%0d%0a",
    "/www",
    "http://b.example/old/a",
    "http://b.example",
    "https:///",
    "a.example:443",
];

/// Hosts.
const HOSTS: [&str; 14] = [
    "",
    " ",
    "a.example:",
    "a.example:99999",
    "a.example:80:80",
    "user@a.example",
    "a.example/path",
    "a.example?q",
    "[::1]",
    "[::1",
    "[fe80::1%25eth0]:80",
    "xn--nxasmq6b",
    "\u{e4}.example",
    "www.a.example",
];

const METHODS: [&str; 10] = [
    "",
    "get",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "PRI",
    "CONNECT",
    "PROPFIND",
    "G@T",
    "A-METHOD-OF-MORE-THAN-THIRTY-TWO-LETTERS",
];

/// Returns a request with each of them.
pub(super) fn all() -> Vec<[Kind; 2]> {
    let target = |target: &str| Kind::both(&format!("target {target}"), &Message::get(target), Any);
    let host = |host: &str| {
        Kind::both(&format!("host {host}"), &Message { host: host.into(), ..Message::get("/docs/a") }, Any)
    };
    let method = |method: &str| {
        let message = Message { method: method.into(), ..Message::get("/old/a") };
        Kind::both(&format!("method {method}"), &message, Any)
    };
    let asterisk = Message { method: b"OPTIONS".into(), ..Message::get("*") };
    let mut all: Vec<_> = TARGETS.into_iter().map(target).collect();
    all.extend(HOSTS.into_iter().map(host));
    all.extend(METHODS.into_iter().map(method));
    all.push(Kind::both("OPTIONS *", &asterisk, Any));
    all
}
