//! add-header and the header fields of Envoy's routes, such as `request_headers_to_add`.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::fixture::{UPSTREAM, all};
use crate::mutations::{self, WRITTEN, add_header};
use crate::subject::{Rule, Side, Subject, Twin};
use crate::writing::writing;

pub(crate) const SUBJECT: Subject = Subject {
    name: "headers_change_like_with_envoys_routes",
    draw,
    configure,
    exchange: mutations::exchange,
    promised: |_, seen| seen,
    has_memory: false,
    requests: 24,
};

/// Draws at most one rule per name: Envoy's routes remove first, then overwrite, then append, whatever the order.
fn draw(random: &mut Rng) -> Vec<Rule> {
    let mut rules = Vec::new();
    for kind in ["request", "response"] {
        let mut names = WRITTEN;
        random.shuffle(&mut names);
        let (written, rest) = names.split_at(random.usize(1..5));
        // In the response, Envoy's values see what was sent to the upstream.
        let read: &[&str] =
            if kind == "request" { &["x-a", "x-b", "x-read", "referer"] } else { &["x-read", "referer"] };
        for name in written {
            let (ours, native) = writing(random, name, read, kind == "response");
            rules.push(Rule { kind, ours, native });
        }
        // Envoy's see the request without what it removes.
        for name in rest.iter().filter(|name| !read.contains(name)).take(random.usize(..3)) {
            rules.push(Rule { kind, ours: json!({"action": "remove", "name": name}), native: json!(name) });
        }
    }
    rules
}

fn configure(rules: &[Rule]) -> Twin {
    let ours =
        |kind: &str| rules.iter().filter(|rule| rule.kind == kind).map(|rule| &rule.ours).collect::<Vec<_>>();
    let native = |kind: &str, removes: bool| -> Vec<&Value> {
        rules
            .iter()
            .filter(|rule| rule.kind == kind && rule.native.is_string() == removes)
            .map(|rule| &rule.native)
            .collect()
    };
    let route = json!({
        "match": {"prefix": "/"},
        "route": {"cluster": UPSTREAM},
        "request_headers_to_add": native("request", false),
        "request_headers_to_remove": native("request", true),
        "response_headers_to_add": native("response", false),
        "response_headers_to_remove": native("response", true),
    });
    let ours = add_header(&json!({"request": ours("request"), "response": ours("response")}));
    Twin {
        native: Side { filters: Vec::new(), routes: vec![route] },
        ours: Side { filters: vec![ours], routes: vec![all()] },
        trusted_hops: 0,
    }
}
