//! path-rewrite compared with the rewrites and redirects of Envoy's routes.

use anyhow::Result;
use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::Response;
use serde_json::{Value, json};

use super::{Seen, Twin, all, compare};

/// The parts of random targets: text that the rules below match, and unusual characters.
const TOKENS: [&str; 32] = [
    "/", "/", "/", "/", "banana", "banana/", "418", "a", "aa", "b", "ab-cd", "api", "/v1/", "%2F", "%2f",
    "%41", ".", "..", "x", "xx", "é", "=", "&", ";", "~", "+", ":", "@", "//", "old", "/old", "BANANA",
];

/// The beginnings of targets, some of which rules match.
const BEGINNINGS: [&str; 8] = ["/", "/", "/old", "/old/", "/older", "/health", "/api/v1/", "/banana/7"];

fn tokens(random: &mut Rng, most: usize) -> String {
    (0..random.usize(..=most)).filter_map(|_| random.choice(TOKENS)).collect()
}

/// Generates a random request with up to `most` tokens after the beginning of its path.
fn request(random: &mut Rng, most: usize) -> (Request, Response) {
    let path = format!("{}{}", random.choice(BEGINNINGS).unwrap_or("/"), tokens(random, most));
    let target = match random.u8(..10) {
        0..6 => path,
        6 => path + "?",
        7 => format!("{path}?a=b?{}", tokens(random, 3)),
        _ => format!("{path}?{}", tokens(random, 4)),
    };
    (Request::get(target), Response::new(200))
}

fn path_rewrite(configuration: &Value) -> Filter {
    built::filter("path-rewrite", &configuration.to_string())
}

pub(super) fn regexes(fixture: &Fixture) -> Result<()> {
    const CLUSTER: &str = "regexes";
    let twin = |(regex, replace, substitution): (&str, &str, &str)| {
        let rewrite = json!({"pattern": {"regex": regex}, "substitution": substitution});
        let route =
            json!({"match": {"prefix": "/"}, "route": {"cluster": CLUSTER, "regex_rewrite": rewrite}});
        let rules = json!({
            "rules": [{"regex": regex, "replace": replace}],
            "original_path_header": "x-envoy-original-path",
        });
        Twin {
            name: format!("regex `{regex}`"),
            native: (Vec::new(), vec![route]),
            ours: path_rewrite(&rules),
        }
    };
    let twins = [
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
    compare(fixture, CLUSTER, &twins.map(twin), |random| request(random, 12), documented)
}

pub(super) fn prefixes(fixture: &Fixture) -> Result<()> {
    const CLUSTER: &str = "prefixes";
    let twin = |(kind, pattern, replace): (&str, &str, &str)| {
        let matched = if kind == "prefix" { "path_separated_prefix" } else { "path" };
        let routes = vec![
            json!({"match": {matched: pattern}, "route": {"cluster": CLUSTER, "prefix_rewrite": replace}}),
            all(CLUSTER),
        ];
        let rules = json!({
            "rules": [{kind: pattern, "replace": replace}],
            "original_path_header": "x-envoy-original-path",
        });
        Twin { name: format!("{kind} `{pattern}`"), native: (Vec::new(), routes), ours: path_rewrite(&rules) }
    };
    let twins = [
        ("prefix", "/old", "/new"),
        ("prefix", "/old", "/much/newer"),
        ("prefix", "/api/v1", "/v1"),
        ("prefix", "/banana", "/b%20c"),
        ("exact", "/health", "/healthz"),
        ("exact", "/old", "/new"),
    ];
    compare(fixture, CLUSTER, &twins.map(twin), |random| request(random, 1), documented)
}

pub(super) fn redirects(fixture: &Fixture) -> Result<()> {
    const CLUSTER: &str = "redirects";
    let twin = |(name, native, ours): (&str, Value, Value)| {
        let routes =
            vec![json!({"match": {"path_separated_prefix": "/old"}, "redirect": native}), all(CLUSTER)];
        let rules = json!({"rules": [ours]});
        Twin { name: format!("redirect to {name}"), native: (Vec::new(), routes), ours: path_rewrite(&rules) }
    };
    let twins = [
        (
            "another path",
            json!({"prefix_rewrite": "/new", "response_code": "PERMANENT_REDIRECT"}),
            json!({"prefix": "/old", "replace": "/new", "redirect": {"status": 308}}),
        ),
        (
            "another host",
            json!({"host_redirect": "docs.example.com", "response_code": "FOUND"}),
            json!({"prefix": "/old", "redirect": {"status": 302, "host": "docs.example.com"}}),
        ),
        (
            "https on another port",
            json!({"scheme_redirect": "https", "port_redirect": 8443, "response_code": "MOVED_PERMANENTLY"}),
            json!({"prefix": "/old", "redirect": {"status": 301, "scheme": "https", "port": 8443}}),
        ),
    ];
    compare(fixture, CLUSTER, &twins.map(twin), |random| request(random, 1), documented)
}

/// Returns whether the docs describe the difference: path-rewrite leaves a request unchanged rather than write a path
/// that servers may read in two ways.
fn documented(request: &Request, native: &Seen, ours: &Seen) -> bool {
    let split = |seen: &Seen| {
        let mut rest = seen.upstream.clone().unwrap_or_default();
        rest.remove("x-envoy-original-path");
        (rest.remove(":path").unwrap_or_default().concat(), rest, seen.client.clone())
    };
    let (native_path, native_rest, native_client) = split(native);
    let (our_path, our_rest, our_client) = split(ours);
    our_path == request.target
        && may_be_misread(&native_path)
        && (native_rest, native_client) == (our_rest, our_client)
}

fn may_be_misread(target: &[u8]) -> bool {
    let target = String::from_utf8_lossy(target);
    let path = target.split('?').next().unwrap_or_default();
    let begins_well = path.starts_with('/') && !path.starts_with("//");
    !begins_well || path.split('/').any(|segment| [".", ".."].contains(&segment))
}
