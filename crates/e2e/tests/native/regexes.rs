//! path-rewrite and `regex_rewrite` of Envoy's routes, which is RE2's global replacement.

use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::built;
use proxy_filter_test::{Request, Response};
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::fixture::{UPSTREAM, all};
use crate::grammar::{Replacement, regex, replacement};
use crate::subject::{Rule, Side, Subject, Twin};
use crate::targets::{letters, target};

pub(crate) const SUBJECT: Subject = Subject {
    name: "regexes_rewrite_like_envoys_regex_rewrite",
    draw,
    configure,
    exchange,
    promised: |_, seen| seen,
    has_memory: false,
    requests: 24,
};

/// Regexes with our replacement and Envoy's that people write, or that are hard to get right.
const KNOWN: [(&str, &str, &str); 12] = [
    ("banana/([0-9]*)", "status/$1", r"status/\1"),
    ("^/api/v([0-9]+)/", "/v$1/api/", r"/v\1/api/"),
    ("/+", "/", "/"),
    ("a|b", "", ""),
    ("([a-z]+)-([a-z]+)", "$2-$1", r"\2-\1"),
    ("x*$", "-", "-"),
    ("[^/]+$", "last", "last"),
    ("(?i)BANANA", "apple", "apple"),
    ("%2[fF]", "_", "_"),
    ("(a+)+$", "b", "b"),
    (r"\bb|\d", "${0}$$", r"\0$"),
    ("^/(.*)/$", "/$1", r"/\1"),
];

fn draw(random: &mut Rng) -> Vec<Rule> {
    let rule = |regex: &str, ours: &str, native: &str| Rule {
        kind: "regex",
        ours: json!({"regex": regex, "replace": ours}),
        native: json!({"pattern": {"regex": regex}, "substitution": native}),
    };
    if random.u8(..6) == 0 {
        let (regex, ours, native) = random.choice(KNOWN).unwrap_or_default();
        return vec![rule(regex, ours, native)];
    }
    let regex = regex(random);
    let Replacement { ours, native } = replacement(random, regex.groups);
    vec![rule(&regex.text, &ours, &native)]
}

fn configure(rules: &[Rule]) -> Twin {
    let of = |rewrite: &Value| json!({"match": {"prefix": "/"}, "route": {"cluster": UPSTREAM, "regex_rewrite": rewrite}});
    let ours = json!({
        "rules": rules.iter().map(|rule| &rule.ours).collect::<Vec<_>>(),
        "original_path_header": "x-envoy-original-path",
    });
    Twin {
        native: Side { filters: Vec::new(), routes: rules.iter().map(|rule| of(&rule.native)).collect() },
        ours: Side { filters: vec![path_rewrite(&ours)], routes: vec![all()] },
        trusted_hops: 0,
    }
}

pub(crate) fn path_rewrite(configuration: &Value) -> Filter {
    built::filter("path-rewrite", &configuration.to_string())
}

fn exchange(random: &mut Rng, _: &[Rule]) -> Exchange {
    let beginnings = ["/", "/", "/old/", "/api/v1/", "/banana/7"].map(str::to_owned);
    let most = random.choice([2, 6, 16]).unwrap_or(2);
    let target = if random.bool() { letters(random, 30) } else { target(random, &beginnings, most) };
    Exchange::new(random, Request::get(target), Response::new(200))
}
