//! Limits how often a client may ask, exactly, across all workers of an Envoy.
//!
//! Each rule is a token bucket per key (`gcra.rs`). The buckets of all keys live in a table of fixed
//! size in the host's shared data (`table.rs`), so that workers share them and no client can make it
//! grow.

mod config;
mod counters;
mod directory;
mod gcra;
mod key;
mod lease;
mod limiter;
mod report;
mod rule;
mod table;

use proxy_filter::clock;
use proxy_filter::facts::{Facts, Needs};
use proxy_filter::matching::Condition;
use proxy_filter::prelude::*;

use limiter::Verdict;
use report::{Report, Shown};
use rule::Rule;

const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// gRPC's `RESOURCE_EXHAUSTED`.
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct RateLimit {
    rules: Vec<Rule>,
    exempt: Vec<Condition>,
    /// What rules and exemptions look at.
    needs: Needs,
    refusal: Refusal,
    shown: Shown,
}

/// What a limited client gets.
#[derive(Debug)]
struct Refusal {
    status: u16,
    /// A sentence that says when to come back, where none is configured.
    body: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Filter for RateLimit {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration)
    }
}

impl HttpFilter for RateLimit {
    /// Headers that the upstream's response gets.
    type Stream = Report;
    type Tag = ();
}

impl OnRequestHeaders for RateLimit {
    fn on_request_headers(
        &self,
        report: &mut Report,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let captured = self.needs.capture(headers)?;
        let facts = Facts::of_request(&captured);
        if self.exempt.iter().any(|condition| condition.holds(&facts)) {
            self.rules.iter().for_each(|rule| rule.counters.exempt.increment(1));
            return Ok(Flow::Continue);
        }
        let now = clock::monotonic_nanoseconds()?;
        let verdicts = limiter::decide(&self.rules, &facts, now)?;
        let said = self.shown.report(&verdicts, now);
        if verdicts.iter().any(Verdict::refuses) {
            return Ok(Flow::Reply(self.refusal.reply(&verdicts, said)));
        }
        *report = said;
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for RateLimit {
    fn on_response_headers(
        &self,
        report: &mut Report,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        report.iter().try_for_each(|(name, value)| headers.set(name, value))
    }
}

impl Refusal {
    fn reply(&self, verdicts: &[Verdict<'_>], report: Report) -> Reply {
        for verdict in verdicts.iter().filter(|verdict| verdict.refuses()) {
            proxy_filter::debug!("limited by `{}`: {:?}", verdict.rule.name, verdict.outcome);
        }
        let sentence = || match report::retry_after_seconds(verdicts) {
            Some(seconds) => format!("too many requests, retry after {seconds} s\n"),
            None => "this request lacks what requests are counted by\n".into(),
        };
        let mut reply = Reply::new(self.status)
            .details("rate_limited")
            .body(self.body.clone().unwrap_or_else(sentence))
            .grpc_status(GRPC_RESOURCE_EXHAUSTED);
        if !self.headers.iter().any(|(name, _)| *name == CONTENT_TYPE) {
            reply = reply.header(CONTENT_TYPE, TEXT);
        }
        for (name, value) in self.headers.iter().cloned().chain(report) {
            reply = reply.header(name, value);
        }
        reply
    }
}

proxy_filter::http_filter!(RateLimit: RequestHeaders, ResponseHeaders);
