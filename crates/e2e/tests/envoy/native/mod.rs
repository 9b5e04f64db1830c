//! Our filters beside Envoy's own: what both can say, both do alike.
//!
//! A case is configured twice in one Envoy, once each way, before one upstream. Both get the same requests, made
//! at random from a fixed seed, and what the upstream and the client saw is compared.

mod headers;
mod paths;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use proxy_filter_test::{Response as Answer, Upstream};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 4] = [
    ("regexes_rewrite_as_envoys_own_regex_rewrite", paths::regexes),
    ("prefixes_and_whole_paths_are_rewritten_as_by_envoys_own_prefix_rewrite", paths::prefixes),
    ("redirects_go_where_envoys_own_go", paths::redirects),
    ("headers_are_changed_as_by_envoys_own_header_mutation", headers::mutations),
];

/// Requests of a case.
const REQUESTS: usize = 120;

/// Headers that differ between any two exchanges.
const ALWAYS_DIFFERENT: [&str; 3] = ["date", "x-envoy-upstream-service-time", "x-request-id"];

/// One thing said in two ways.
struct Twin {
    name: String,
    /// Envoy's own filters and routes.
    native: (Vec<Filter>, Vec<Value>),
    /// A filter of ours; the route behind it takes all.
    ours: Filter,
}

/// Each header's values, the status and pseudo-headers included. The order of different names means nothing.
type Headers = BTreeMap<String, Vec<Vec<u8>>>;

/// What became of a request.
#[derive(PartialEq)]
struct Seen {
    upstream: Option<Headers>,
    client: Headers,
}

/// Sends every case its requests. `explained` says whether a difference is one that the docs promise.
fn compare(
    twins: &[Twin],
    exchange: impl Fn(&mut Rng) -> (Request, Answer),
    explained: impl Fn(&Request, &Seen, &Seen) -> bool,
) -> Result<()> {
    let upstream = Upstream::start(Answer::new(200))?;
    let mut bootstrap =
        Bootstrap::default().cluster("upstream", upstream.address()).routed("plain", &[], &[all()]);
    for (index, Twin { native: (filters, routes), ours, .. }) in twins.iter().enumerate() {
        bootstrap = bootstrap.routed(&format!("native-{index}"), filters, routes).routed(
            &format!("ours-{index}"),
            std::slice::from_ref(ours),
            &[all()],
        );
    }
    let envoy = Envoy::start(&bootstrap)?;
    for (index, twin) in twins.iter().enumerate() {
        let mut random = Rng::with_seed(index as u64);
        let (mut changed, mut as_documented) = (0, 0);
        for _ in 0..REQUESTS {
            let (request, answer) = exchange(&mut random);
            upstream.set(answer);
            let seen = |listener: &str| -> Result<Seen> {
                let response = envoy.send(listener, &request).with_context(|| listener.to_owned())?;
                let client = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
                let status = response.status.to_string();
                Ok(Seen {
                    upstream: upstream.requests().pop().map(|request| {
                        let text = |name| std::str::from_utf8(name).unwrap_or("not UTF-8");
                        without_empty_words(by_name(
                            request.headers.iter().map(|(name, value)| (text(name), value)),
                        ))
                    }),
                    client: by_name(client.chain([(":status", status.as_bytes())])),
                })
            };
            let (native, ours) = (seen(&format!("native-{index}"))?, seen(&format!("ours-{index}"))?);
            changed += usize::from(native != seen("plain")?);
            if native != ours {
                ensure!(
                    explained(&request, &native, &ours),
                    "{}: {}\nEnvoy's own:\n{native}\nours:\n{ours}",
                    twin.name,
                    e2e::story::describe(&request)
                );
                as_documented += 1;
            }
        }
        let name = &twin.name;
        println!("{name}: {REQUESTS} requests, {changed} changed, {as_documented} different as documented");
        ensure!(changed >= REQUESTS / 20, "{name}: hardly any request was changed");
    }
    Ok(())
}

/// The route of all that is left.
fn all() -> Value {
    json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}})
}

fn by_name<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Headers {
    let mut all = Headers::new();
    for (name, value) in headers.filter(|(name, _)| !ALWAYS_DIFFERENT.contains(name)) {
        all.entry(name.to_owned()).or_default().push(value.to_vec());
    }
    all
}

/// Where its regex has left a path as it is Envoy says so: the original is the path.
fn without_empty_words(mut headers: Headers) -> Headers {
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
