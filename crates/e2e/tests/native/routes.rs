//! path-rewrite and the rewrites and redirects of Envoy's routes, of which the first that matches wins.

use fastrand::Rng;
use proxy_filter_test::{Request, Response};
use serde_json::json;

use crate::exchange::Exchange;
use crate::fixture::{UPSTREAM, all};
use crate::matchers::{merged, prefix_or_exact, template};
use crate::redirects::{DROPPING, redirect};
use crate::regexes::path_rewrite;
use crate::seen::Seen;
use crate::subject::{Rule, Side, Subject, Twin, any};
use crate::targets::target;

pub(crate) const SUBJECT: Subject = Subject {
    name: "paths_and_hosts_change_like_with_envoys_routes",
    draw,
    configure,
    exchange,
    promised,
    has_memory: false,
    requests: 24,
};

/// Paths that rules write.
pub(crate) const REPLACEMENTS: [&str; 9] =
    ["/new", "/much/newer", "/v1", "/b%20c", "/", "/new/", "/old", "/a/b.c", "/é"];

/// Hosts that rules write.
pub(crate) const HOSTS: [&str; 4] = ["docs.example.com", "internal", "b.example", "a.example"];

fn draw(random: &mut Rng) -> Vec<Rule> {
    let dropping = random.u8(..5) == 0;
    (0..random.usize(1..4))
        .map(|_| match random.u8(..10) {
            _ if dropping => redirect(random, DROPPING),
            0..6 => rewrite(random),
            _ => redirect(random, "redirect"),
        })
        .collect()
}

/// Draws a rule that changes the path, the host or both.
fn rewrite(random: &mut Rng) -> Rule {
    let (kind, matcher, ours, native) = match random.u8(..8) {
        0..3 => {
            let replace = any(random, REPLACEMENTS);
            (
                "prefix",
                prefix_or_exact(random, "prefix"),
                json!({"replace": replace}),
                json!({"prefix_rewrite": replace}),
            )
        }
        3 => {
            let replace = any(random, REPLACEMENTS);
            (
                "exact",
                prefix_or_exact(random, "exact"),
                json!({"replace": replace}),
                json!({"prefix_rewrite": replace}),
            )
        }
        4 | 5 => {
            let matcher = template(random);
            let mut replace = any(random, ["/p", "/users", "/a-b"]).to_owned();
            for _ in 0..random.usize(..4) {
                match random.choice(&matcher.variables) {
                    Some(name) if random.bool() => replace.push_str(&format!("/{{{name}}}")),
                    Some(name) => replace.push_str(&format!("-{{{name}}}.x")),
                    None => replace.push_str("/y"),
                }
            }
            let policy = json!({
                "name": "envoy.path.rewrite.uri_template.uri_template_rewriter",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig",
                    "path_template_rewrite": replace,
                },
            });
            ("template", matcher, json!({"replace": replace}), json!({"path_rewrite_policy": policy}))
        }
        _ => {
            let host = format!("{}{}", any(random, HOSTS), any(random, ["", ":8080"]));
            let matcher = prefix_or_exact(random, "prefix");
            (
                "host",
                matcher,
                json!({"host": host}),
                json!({"host_rewrite_literal": host, "append_x_forwarded_host": true}),
            )
        }
    };
    let mut route = merged(&native, &json!({"cluster": UPSTREAM}));
    let mut ours = ours;
    if ["prefix", "exact"].contains(&kind) && random.u8(..5) == 0 {
        let host = any(random, HOSTS);
        ours = merged(&ours, &json!({"host": host}));
        route = merged(&route, &json!({"host_rewrite_literal": host, "append_x_forwarded_host": true}));
    }
    Rule {
        kind,
        ours: merged(&matcher.ours, &ours),
        native: json!({"match": matcher.native, "route": route}),
    }
}

fn configure(rules: &[Rule]) -> Twin {
    let drops = rules.iter().any(|rule| rule.kind == DROPPING);
    let mut ours = json!({
        "rules": rules.iter().map(|rule| &rule.ours).collect::<Vec<_>>(),
        "original_path_header": "x-envoy-original-path",
        "query": if drops { "drop" } else { "keep" },
    });
    if rules.iter().any(|rule| rule.ours["host"].is_string()) {
        ours["forwarded_host"] = true.into();
    }
    let routes = rules.iter().map(|rule| rule.native.clone()).chain([all()]).collect();
    Twin {
        native: Side { filters: Vec::new(), routes },
        ours: Side { filters: vec![path_rewrite(&ours)], routes: vec![all()] },
        trusted_hops: 0,
    }
}

/// Leaves out headers with the original host that only Envoy writes: one of its own, and `x-forwarded-host` where the rewrite left
/// the host unchanged.
fn promised(_: &[Rule], seen: Seen) -> Seen {
    let Seen { mut upstream, client } = seen;
    if let Some(received) = &mut upstream {
        received.remove("x-envoy-original-host");
        if received.get("x-forwarded-host") == received.get(":authority") {
            received.remove("x-forwarded-host");
        }
    }
    Seen { upstream, client }
}

/// Draws a request, more often than not for one of the paths that the rules match.
fn exchange(random: &mut Rng, rules: &[Rule]) -> Exchange {
    let mut beginnings: Vec<String> = rules
        .iter()
        .filter_map(|rule| {
            ["prefix", "exact", "template"].iter().find_map(|field| rule.ours[*field].as_str())
        })
        .map(|path| path.split('{').enumerate().map(|(index, part)| filled(random, index, part)).collect())
        .collect();
    beginnings.push("/".to_owned());
    let most = random.choice([0, 0, 1, 2, 5]).unwrap_or(0);
    let target = target(random, &beginnings, most);
    let host = any(
        random,
        ["a.example", "a.example", "A.Example", "a.example:8080", "a.example:80", "b.example", "10.0.0.1"],
    );
    Exchange::new(random, Request::get(target).authority(host), Response::new(200))
}

/// Fills the variable before a part of a template.
fn filled(random: &mut Rng, index: usize, part: &str) -> String {
    match part.split_once('}') {
        Some((_, rest)) if index > 0 => {
            any(random, ["7", "a-b", "x.y", "%20", "é", "~", "a=b", "*"]).to_owned() + rest
        }
        _ => part.to_owned(),
    }
}
