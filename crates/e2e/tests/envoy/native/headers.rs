//! add-header compared with Envoy's header_mutation filter.

use anyhow::Result;
use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::Response;
use serde_json::{Value, json};

use super::{Twin, all, compare};

const CLUSTER: &str = "mutations";

/// Headers that rules write, some of which Envoy treats specially.
const WRITTEN: [&str; 8] = [
    "x-a",
    "x-b",
    "x-long-name_with.all~marks",
    "accept",
    "cookie",
    "set-cookie",
    "content-type",
    "user-agent",
];

/// Headers that templates read and no rule writes.
const READ: [&str; 3] = ["x-read", "x-read-too", "referer"];

const VALUES: [&str; 7] = ["1", "two words", "a, b", "é", "text/plain; charset=utf-8", "x=1; y=2", "\tt"];

/// The number of sets of rules.
const SETS: u64 = 16;

pub(super) fn mutations(fixture: &Fixture) -> Result<()> {
    let twins: Vec<_> = (0..SETS).map(twin).collect();
    compare(fixture, CLUSTER, &twins, exchange, |_, _, _| false)
}

fn exchange(random: &mut Rng) -> (Request, Response) {
    let header = |random: &mut Rng| {
        let name = if random.bool() { random.choice(WRITTEN) } else { random.choice(READ) };
        (name.unwrap_or_default(), random.choice(VALUES).unwrap_or_default())
    };
    let mut request = Request::get("/a?b=c");
    let mut answer = Response::new(random.choice([200, 404, 503]).unwrap_or(200));
    for _ in 0..random.usize(..6) {
        let (name, value) = header(random);
        request = request.header(name, value);
        let (name, value) = header(random);
        answer = answer.header(name, value);
    }
    (request, answer)
}

/// Generates a random set of rules. Its number is the seed.
fn twin(number: u64) -> Twin {
    let mut random = Rng::with_seed(number);
    let mut sides = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for (ours, native) in &mut sides {
        for _ in 0..random.usize(1..6) {
            let (one, other) = rule(&mut random);
            ours.push(one);
            native.push(other);
        }
    }
    let [(request, native_request), (response, native_response)] = sides;
    let ours = json!({"request": request, "response": response}).to_string();
    let mutation = json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": {"request_mutations": native_request, "response_mutations": native_response},
        },
    });
    Twin {
        name: format!("rules {number}"),
        native: (vec![Filter::Native(mutation)], vec![all(CLUSTER)]),
        ours: built::filter("add-header", &ours),
    }
}

/// Generates a random rule, as our configuration and as Envoy's.
fn rule(random: &mut Rng) -> (Value, Value) {
    const ACTIONS: [(&str, &str); 4] = [
        ("append", "APPEND_IF_EXISTS_OR_ADD"),
        ("set", "OVERWRITE_IF_EXISTS_OR_ADD"),
        ("set_if_absent", "ADD_IF_ABSENT"),
        ("replace", "OVERWRITE_IF_EXISTS"),
    ];
    let name = random.choice(WRITTEN).unwrap_or_default();
    match random.choice(ACTIONS).filter(|_| random.u8(..5) > 0) {
        Some((ours, native)) => {
            let value = value(random);
            let append = json!({"header": {"key": name, "value": value}, "append_action": native});
            (json!({"action": ours, "name": name, "value": value}), json!({"append": append}))
        }
        None => (json!({"action": "remove", "name": name}), json!({"remove": name})),
    }
}

fn value(random: &mut Rng) -> String {
    let [read, other] = [random.choice(READ).unwrap_or_default(), random.choice(READ).unwrap_or_default()];
    match random.u8(..8) {
        0 => format!("%REQ({read})%"),
        1 => format!("%REQ({read}?{other})%"),
        2 => format!("%REQ({read}):3%"),
        3 => "%REQ(:authority)%%REQ(:path)%".into(),
        4 => "100%%".into(),
        _ => random.choice(VALUES).unwrap_or_default().trim().into(),
    }
}
