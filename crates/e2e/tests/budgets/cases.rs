//! The cases and their budgets.

use proxy_filter_test::{Cost, Plugin, Request};

/// A filter, its configuration, and a request.
pub(crate) struct Case {
    pub(crate) filter: &'static str,
    pub(crate) name: &'static str,
    pub(crate) configuration: &'static str,
    pub(crate) send: fn(&Plugin<'_>),
    pub(crate) budget: Cost,
}

const fn budget(instructions: u64, hostcalls: u64) -> Cost {
    Cost { instructions, hostcalls }
}

fn get(plugin: &Plugin<'_>) {
    plugin.send(Request::get("/banana/418?a=b").header("authorization", "Bearer abc"));
}

fn get_other(plugin: &Plugin<'_>) {
    plugin.send(Request::get("/apple"));
}

fn get_8_kib(plugin: &Plugin<'_>) {
    plugin.send(Request::get(format!("/{}!", "a".repeat(8190))));
}

fn connect(plugin: &Plugin<'_>) {
    plugin.send_tcp(&[b"hello"]);
}

fn talk(plugin: &Plugin<'_>) {
    plugin.send_tcp(&[b"hello".as_slice(); 100]);
}

fn connect_behind_proxy(plugin: &Plugin<'_>) {
    plugin.send_tcp(&[
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x18\x0a\0\0\x07\x0a\0\0\x09\x9c\x41\x01\xbb\x02\0\x09a.examplehello",
    ]);
}

/// One case of each kind.
pub(crate) const CASES: [Case; 32] = [
    Case {
        filter: "add-header",
        name: "one response header",
        configuration: "",
        send: get,
        budget: budget(1_800, 1),
    },
    Case {
        filter: "add-header",
        name: "five response headers",
        configuration: r#"{"response": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"},
                         {"name": "c", "value": "3"}, {"name": "d", "value": "4"}, {"name": "e", "value": "5"}]}"#,
        send: get,
        budget: budget(2_650, 5),
    },
    Case {
        filter: "add-header",
        name: "set in place of append",
        configuration: r#"{"response": [{"action": "set", "name": "a", "value": "1"}]}"#,
        send: get,
        budget: budget(1_800, 1),
    },
    Case {
        filter: "add-header",
        name: "a condition and a template",
        configuration: r#"{"response": [{"action": "set", "name": "x-test", "value": "%REQ(:authority)%",
                         "when": {"header": "authorization", "present": true}}]}"#,
        send: get,
        budget: budget(6_150, 2),
    },
    Case {
        filter: "add-header",
        name: "an attribute",
        configuration: r#"{"request": [{"name": "x-client", "value": "%ATTR(source.address)%"}]}"#,
        send: get,
        budget: budget(3_000, 2),
    },
    Case {
        filter: "add-header-edit",
        name: "an edit, no match",
        configuration: r#"{"request": [{"action": "edit", "name": "authorization", "regex": "Basic .*", "replace": ""}]}"#,
        send: get,
        budget: budget(4_550, 1),
    },
    Case {
        filter: "add-header-edit",
        name: "an edit",
        configuration: r#"{"request": [{"action": "edit", "name": "authorization", "regex": "^Bearer ", "replace": "Token "}]}"#,
        send: get,
        budget: budget(6_950, 2),
    },
    Case {
        filter: "path-rewrite",
        name: "regex, no match",
        configuration: r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#,
        send: get_other,
        budget: budget(2_850, 1),
    },
    Case {
        filter: "path-rewrite",
        name: "regex",
        configuration: r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#,
        send: get,
        budget: budget(10_600, 2),
    },
    Case {
        filter: "path-rewrite",
        name: "prefix",
        configuration: r#"{"rules": [{"prefix": "/banana", "replace": "/status"}]}"#,
        send: get,
        budget: budget(4_800, 2),
    },
    Case {
        filter: "path-rewrite",
        name: "template",
        configuration: r#"{"rules": [{"template": "/banana/{code}", "replace": "/status/{code}"}]}"#,
        send: get,
        budget: budget(8_800, 2),
    },
    Case {
        filter: "path-rewrite",
        name: "prefix with a condition",
        configuration: r#"{"rules": [{"prefix": "/banana", "replace": "/status", "when": {"method": ["GET"]}}]}"#,
        send: get,
        budget: budget(5_500, 2),
    },
    Case {
        filter: "path-rewrite",
        name: "redirect",
        configuration: r#"{"rules": [{"prefix": "/banana", "redirect": {"scheme": "https"}}]}"#,
        send: get,
        budget: budget(15_700, 2),
    },
    Case {
        filter: "path-rewrite-reverse",
        name: "a prefix with a way back",
        configuration: r#"{"rules": [{"prefix": "/banana", "replace": "/status", "reverse": true}]}"#,
        send: get,
        budget: budget(7_150, 3),
    },
    Case {
        filter: "path-rewrite",
        name: "8 KiB, a plain regex",
        configuration: r#"{"rules": [{"regex": "a+c", "replace": "b"}]}"#,
        send: get_8_kib,
        budget: budget(308_000, 1),
    },
    Case {
        filter: "path-rewrite",
        name: "8 KiB, a regex that backtracks elsewhere",
        configuration: r#"{"rules": [{"regex": "(a+)+c", "replace": "b"}]}"#,
        send: get_8_kib,
        budget: budget(308_000, 1),
    },
    Case {
        filter: "rate-limit",
        name: "by client address",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s"}]}"#,
        send: get,
        budget: budget(5_850, 4),
    },
    Case {
        filter: "rate-limit",
        name: "by client address and by header",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s"},
                         {"name": "b", "key": [{"header": "authorization"}], "limit": 1000, "period": "1s"}]}"#,
        send: get,
        budget: budget(10_200, 7),
    },
    Case {
        filter: "rate-limit",
        name: "by client address, leased",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "lease": 100}]}"#,
        send: get,
        budget: budget(5_100, 2),
    },
    Case {
        filter: "rate-limit",
        name: "by client address, and all headers",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s"}],
                         "headers": ["ratelimit", "x-ratelimit"]}"#,
        send: get,
        budget: budget(13_100, 9),
    },
    Case {
        filter: "rate-limit",
        name: "by client address, a status that does not count",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "count": {"when": {"status": 401}}}]}"#,
        send: get,
        budget: budget(8_600, 4),
    },
    Case {
        filter: "rate-limit",
        name: "by client address, a cost in a response header",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "cost": {"response_header": "x-a"}}]}"#,
        send: get,
        budget: budget(8_950, 7),
    },
    Case {
        filter: "rate-limit-body",
        name: "by client address, a body without its cost",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "cost": {"response_json": "/a"}}]}"#,
        send: get,
        budget: budget(9_750, 7),
    },
    Case {
        filter: "rate-limit",
        name: "in flight by client address",
        configuration: r#"{"rules": [{"key": [{"client_ip": {}}], "concurrency": 10}]}"#,
        send: get,
        budget: budget(8_250, 6),
    },
    Case {
        filter: "rate-limit-tcp",
        name: "a connection, by rate",
        configuration: r#"{"rules": [{"limit": 1000, "period": "1s"}]}"#,
        send: connect,
        budget: budget(4_900, 4),
    },
    Case {
        filter: "rate-limit-tcp",
        name: "a connection, by rate and at once",
        configuration: r#"{"rules": [{"limit": 1000, "period": "1s"}, {"concurrency": 1000}]}"#,
        send: connect,
        budget: budget(9_450, 8),
    },
    Case {
        filter: "tcp-prepend",
        name: "a connection",
        configuration: "",
        send: connect,
        budget: budget(1_900, 1),
    },
    Case {
        filter: "tcp-prepend",
        name: "a connection of 100 chunks",
        configuration: "",
        send: talk,
        budget: budget(27_400, 1),
    },
    Case {
        filter: "tcp-prepend",
        name: "the PROXY protocol",
        configuration: r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2}}}}"#,
        send: connect,
        budget: budget(5_550, 3),
    },
    Case {
        filter: "tcp-prepend",
        name: "the PROXY protocol with a TLV",
        configuration: r#"{"to_upstream": {"payload": {"proxy_protocol": {
            "version": 2, "tlvs": [{"type": "0xE0", "value": "%ATTR(source.address)%"}]
        }}}}"#,
        send: connect,
        budget: budget(7_350, 4),
    },
    Case {
        filter: "tcp-prepend",
        name: "the PROXY protocol with a checksum",
        configuration: r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "crc32c": true}}}}"#,
        send: connect,
        budget: budget(7_000, 3),
    },
    Case {
        filter: "tcp-prepend",
        name: "the PROXY protocol, merged",
        configuration: r#"{"to_upstream": {"payload": {"proxy_protocol": {
            "version": 2, "merge": {"from": ["127.0.0.0/8"]}
        }}}}"#,
        send: connect_behind_proxy,
        budget: budget(6_500, 3),
    },
];
