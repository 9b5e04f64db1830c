//! Compares the filters with Envoy's own where both have the same feature.
//!
//! The shared Envoy has each case twice, once with each filter, in front of one upstream. Both get the same random
//! requests from a fixed seed. The test compares what the upstream and the client receive.

mod commands;
mod headers;
mod paths;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::{Response, Upstream};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 5] = [
    ("regexes_rewrite_like_envoys_regex_rewrite", paths::regexes),
    ("prefixes_and_whole_paths_rewrite_like_envoys_prefix_rewrite", paths::prefixes),
    ("redirects_go_where_envoys_redirects_go", paths::redirects),
    ("headers_change_like_with_envoys_header_mutation", headers::mutations),
    ("commands_have_the_values_of_envoys", commands::of_http),
];

/// Tests that run programs from Debian packages.
pub(crate) const WITH_PROGRAMS: [Case; 1] =
    [("commands_have_the_values_of_envoys_over_tls", commands::of_tls)];

/// Requests per case.
const REQUESTS: usize = 80;

/// Headers that differ between any two exchanges.
const ALWAYS_DIFFERENT: [&str; 3] = ["date", "x-envoy-upstream-service-time", "x-request-id"];

/// A case: one behavior, configured in two ways.
struct Twin {
    name: String,
    /// Envoy's filters and routes.
    native: (Vec<Filter>, Vec<Value>),
    /// Our filter, in front of a route that takes all requests.
    ours: Filter,
}

/// Each header's values, with the status and the pseudo-headers. The order of different names does not matter.
type Headers = BTreeMap<String, Vec<Vec<u8>>>;

/// What the upstream and the client received.
#[derive(PartialEq)]
struct Seen {
    upstream: Option<Headers>,
    client: Headers,
}

/// Sends each case its requests, through a cluster of this name. `documented` returns whether the docs describe a
/// difference.
fn compare(
    fixture: &Fixture,
    cluster: &str,
    twins: &[Twin],
    exchange: impl Fn(&mut Rng) -> (Request, Response),
    documented: impl Fn(&Request, &Seen, &Seen) -> bool,
) -> Result<()> {
    let upstream = Upstream::start(Response::new(200))?;
    let name = |kind: &str, index: usize| format!("{cluster}-{kind}-{index}");
    fixture.add(|bootstrap| {
        let bootstrap =
            bootstrap.cluster(cluster, upstream.address()).routed(&name("plain", 0), &[], &[all(cluster)]);
        twins.iter().enumerate().fold(bootstrap, |bootstrap, (index, twin)| {
            let (filters, routes) = &twin.native;
            bootstrap.routed(&name("native", index), filters, routes).routed(
                &name("ours", index),
                std::slice::from_ref(&twin.ours),
                &[all(cluster)],
            )
        })
    })?;
    for (index, twin) in twins.iter().enumerate() {
        let mut random = Rng::with_seed(index as u64);
        let (mut changed, mut differences) = (0, 0);
        for _ in 0..REQUESTS {
            let (request, answer) = exchange(&mut random);
            upstream.set(answer);
            let seen = |kind: &str, index: usize| -> Result<Seen> {
                let listener = name(kind, index);
                let response = fixture.envoy.send(&listener, &request).with_context(|| listener.clone())?;
                let client = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
                let status = response.status.to_string();
                Ok(Seen {
                    upstream: upstream.requests().pop().map(|request| {
                        let text = |name| std::str::from_utf8(name).unwrap_or("not UTF-8");
                        without_redundant_original_path(by_name(
                            request.headers.iter().map(|(name, value)| (text(name), value)),
                        ))
                    }),
                    client: by_name(client.chain([(":status", status.as_bytes())])),
                })
            };
            let (native, ours) = (seen("native", index)?, seen("ours", index)?);
            changed += usize::from(native != seen("plain", 0)?);
            if native != ours {
                ensure!(
                    documented(&request, &native, &ours),
                    "{}: {}\nEnvoy's filter:\n{native}\nours:\n{ours}",
                    twin.name,
                    harness::transcript::describe(&request)
                );
                differences += 1;
            }
        }
        let name = &twin.name;
        println!("{name}: {REQUESTS} requests, {changed} changed, {differences} differences, as documented");
        ensure!(changed >= REQUESTS / 20, "{name}: only {changed} of {REQUESTS} requests changed");
    }
    Ok(())
}

/// Returns the route that matches all other requests.
fn all(cluster: &str) -> Value {
    json!({"match": {"prefix": "/"}, "route": {"cluster": cluster}})
}

fn by_name<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Headers {
    let mut all = Headers::new();
    for (name, value) in headers.filter(|(name, _)| !ALWAYS_DIFFERENT.contains(name)) {
        all.entry(name.to_owned()).or_default().push(value.to_vec());
    }
    all
}

/// Removes Envoy's `x-envoy-original-path` where its regex left the path unchanged.
fn without_redundant_original_path(mut headers: Headers) -> Headers {
    if headers.get("x-envoy-original-path") == headers.get(":path") {
        headers.remove("x-envoy-original-path");
    }
    headers
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = Headers::new();
        for (side, headers) in
            [("upstream", self.upstream.as_ref().unwrap_or(&none)), ("client", &self.client)]
        {
            writeln!(f, "  {side}")?;
            for (name, value) in headers.iter().flat_map(|(name, all)| all.iter().map(move |v| (name, v))) {
                writeln!(f, "    {name}: {}", value.escape_ascii())?;
            }
        }
        Ok(())
    }
}
