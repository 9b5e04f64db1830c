//! Compares what happened with what is expected.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use book::cookbook::{Expectation, HeaderTest, Reached};
use harness::http::Response;
use proxy_filter_test::Request;

use super::listener::CLUSTER;

const RETRY_AFTER: &str = "retry-after";

/// What happened to a request.
pub(crate) struct Outcome {
    /// What the client got.
    pub(crate) response: Response,
    /// What the upstream got.
    pub(crate) upstream: Option<Request>,
    /// The time since the job's first request.
    pub(crate) elapsed: Duration,
}

/// Fails if something is not as expected, and shows the response.
pub(crate) fn check(expected: &Expectation, outcome: &Outcome) -> Result<()> {
    let mut wrong = Vec::new();
    let Outcome { response, upstream, elapsed } = outcome;
    if let Some(status) = expected.status.filter(|status| *status != response.status) {
        wrong.push(format!("status {}, expected {status}", response.status));
    }
    let values = |name: &str| response.values(name);
    let headers = match expected.refill_ms {
        Some(_) => without_waiting(&expected.headers, &values(RETRY_AFTER), *elapsed, &mut wrong),
        None => expected.headers.clone(),
    };
    wrong.extend(headers_wrong("the client", &headers, values));
    let body = String::from_utf8_lossy(&response.body);
    if let Some(expected) = expected.body.as_ref().filter(|expected| **expected != body) {
        wrong.push(format!("body {body:?}, expected {expected:?}"));
    }
    if let Some(reached) = &expected.upstream {
        wrong.extend(upstream_wrong(reached, upstream.as_ref(), response));
    }
    ensure!(wrong.is_empty(), "{}\n{response}\n\nat the upstream: {:?}", wrong.join("\n"), upstream);
    Ok(())
}

/// Checks a `retry-after` against the time since the first request, by which it may be shorter. Returns the other headers.
fn without_waiting(
    headers: &BTreeMap<String, HeaderTest>,
    found: &[String],
    elapsed: Duration,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, HeaderTest> {
    let mut headers = headers.clone();
    if let Some(HeaderTest::Value(expected)) = headers.remove(RETRY_AFTER) {
        let most: u64 = expected.parse().unwrap_or_default();
        let least = most.saturating_sub(elapsed.as_secs().saturating_add(1));
        let is_right = |text: &String| text.parse().is_ok_and(|seconds| (least..=most).contains(&seconds));
        if !(found.len() == 1 && found.iter().all(is_right)) {
            wrong.push(format!("{RETRY_AFTER} {found:?}, expected {least} to {most}"));
        }
    }
    headers
}

fn headers_wrong(
    who: &str,
    tests: &BTreeMap<String, HeaderTest>,
    values: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let failed = tests.iter().filter(|(name, test)| !test.holds(&values(name)));
    failed.map(|(name, test)| format!("{who} got {name} {:?}, expected {test:?}", values(name))).collect()
}

fn upstream_wrong(expected: &Reached, found: Option<&Request>, response: &Response) -> Vec<String> {
    let request = match found {
        Some(request) if expected.reached => request,
        None if !expected.reached => return Vec::new(),
        Some(_) => return vec!["the request reached the upstream".into()],
        None => return vec!["the request did not reach the upstream".into()],
    };
    let values = |name: &str| request.headers.values(name);
    let mut wrong = headers_wrong("the upstream", &expected.headers, values);
    let path = values(":path").concat();
    wrong.extend(
        expected
            .path
            .iter()
            .filter(|expected| **expected != path)
            .map(|expected| format!("the upstream got {path}, expected {expected}")),
    );
    let cluster = response.values(CLUSTER).concat();
    let is_other = |expected: &&String| cluster.rsplit('/').next() != Some(expected.as_str());
    wrong.extend(
        expected
            .cluster
            .iter()
            .filter(is_other)
            .map(|expected| format!("cluster {cluster}, expected {expected}")),
    );
    wrong
}
