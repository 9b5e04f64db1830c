//! add-header and Envoy's filter `header_mutation`.

use std::collections::BTreeMap;

use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::built;
use proxy_filter_test::{Request, Response};
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::fixture::all;
use crate::subject::{Rule, Side, Subject, Twin, any};
use crate::writing::writing;

pub(crate) const SUBJECT: Subject = Subject {
    name: "headers_change_like_with_envoys_header_mutation",
    draw,
    configure,
    exchange,
    promised: |_, seen| seen,
    has_memory: false,
    requests: 24,
};

/// Headers that rules write, some of which Envoy treats specially.
pub(crate) const WRITTEN: [&str; 10] = [
    "x-a",
    "x-b",
    "x-long-name_with.all~marks",
    "x-wild-card",
    "accept",
    "cookie",
    "set-cookie",
    "content-type",
    "user-agent",
    "x-a-b",
];

/// Headers that templates read and no rule writes.
const READ: [&str; 3] = ["x-read", "x-read-too", "referer"];

const VALUES: [&[u8]; 14] = [
    b"1",
    b"two words",
    b"a, b",
    "é".as_bytes(),
    b"text/plain; charset=utf-8",
    b"x=1; y=2",
    b"\tt",
    b"",
    b"\xff\xfe",
    b"a\tb",
    b"%REQ(x-read)%",
    b"\"quoted\\\"",
    b"a,,b",
    b" ",
];

/// Our list of rules, and Envoy's.
const LISTS: [(&str, &str); 4] = [
    ("request", "request_mutations"),
    ("response", "response_mutations"),
    ("request_trailers", "request_trailers_mutations"),
    ("response_trailers", "response_trailers_mutations"),
];

fn draw(random: &mut Rng) -> Vec<Rule> {
    let count = random.usize(1..12);
    (0..count)
        .map(|_| {
            let kind = match random.u8(..10) {
                0..4 => "request",
                4..8 => "response",
                8 => "request_trailers",
                _ => "response_trailers",
            };
            match random.u8(..10) {
                0 | 1 => removal(random, kind),
                _ => {
                    let name = any(random, WRITTEN);
                    let (ours, native) = writing(random, name, &READ, kind.starts_with("response"));
                    Rule { kind, ours, native: json!({"append": native}) }
                }
            }
        })
        .collect()
}

fn removal(random: &mut Rng, kind: &'static str) -> Rule {
    let ours = |field: &str, value: &str| json!({"action": "remove", field: value});
    let native = |matcher: Value| json!({"remove_on_match": {"key_matcher": matcher}});
    let (ours, native) = match random.u8(..6) {
        0 => {
            // Not `x-`: ours keeps `x-forwarded-proto`, without which Envoy finds no route.
            let prefix = any(random, ["x-a", "x-w", "x-long", "acc", "set-"]);
            (ours("prefix", prefix), native(json!({"prefix": prefix})))
        }
        1 => {
            let suffix = any(random, ["-b", "cookie", "agent", "~marks"]);
            (ours("suffix", suffix), native(json!({"suffix": suffix})))
        }
        2 => {
            let (glob, regex) = any(
                random,
                [
                    ("x-w*d", "x-w.*d"),
                    ("x-?", "x-."),
                    ("*cookie", ".*cookie"),
                    ("x-wild-*", "x-wild-.*"),
                    ("?-a*b", ".-a.*b"),
                ],
            );
            (ours("glob", glob), native(json!({"safe_regex": {"regex": regex}})))
        }
        _ => {
            let name = any(random, WRITTEN);
            (ours("name", name), json!({"remove": name}))
        }
    };
    Rule { kind, ours, native }
}

fn configure(rules: &[Rule]) -> Twin {
    let (mut ours, mut native) = (BTreeMap::new(), BTreeMap::new());
    for (our_list, native_list) in LISTS {
        let of_list: Vec<_> = rules.iter().filter(|rule| rule.kind == our_list).collect();
        if !of_list.is_empty() {
            ours.insert(our_list, of_list.iter().map(|rule| &rule.ours).collect::<Vec<_>>());
            native.insert(native_list, of_list.iter().map(|rule| &rule.native).collect::<Vec<_>>());
        }
    }
    let native = Filter::Native(json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": native,
        },
    }));
    Twin {
        native: Side { filters: vec![native], routes: vec![all()] },
        ours: Side { filters: vec![add_header(&json!(ours))], routes: vec![all()] },
        trusted_hops: 0,
    }
}

pub(crate) fn add_header(configuration: &Value) -> Filter {
    built::filter("add-header", &configuration.to_string())
}

pub(crate) fn exchange(random: &mut Rng, _: &[Rule]) -> Exchange {
    let header = |random: &mut Rng| {
        let name = if random.bool() { any(random, WRITTEN) } else { any(random, READ) };
        (name, value(random))
    };
    let mut request = Request::get("/a?b=c");
    let mut answer = Response::new(random.choice([200, 404, 503]).unwrap_or(200));
    for _ in 0..random.usize(..8) {
        let (name, value) = header(random);
        request = request.header(name, value);
        let (name, value) = header(random);
        answer = answer.header(name, value);
    }
    let trailer = |random: &mut Rng| (any(random, WRITTEN), value(random));
    if random.u8(..4) == 0 {
        let trailers = (0..random.usize(1..4)).map(|_| trailer(random));
        request = trailers.fold(request, |request, (name, value)| request.trailer(name, value));
    }
    // Rarer, because the upstream pauses before its trailers.
    if random.u8(..24) == 0 {
        let trailers = (0..random.usize(1..4)).map(|_| trailer(random));
        answer = trailers.fold(answer, |answer, (name, value)| answer.trailer(name, value));
    }
    Exchange::new(random, request, answer)
}

/// Draws a header's value: sometimes a long one.
fn value(random: &mut Rng) -> Vec<u8> {
    let value = random.choice(VALUES).unwrap_or_default();
    let times = if random.u8(..40) == 0 { random.usize(1..1000) } else { 1 };
    value.repeat(times)
}
