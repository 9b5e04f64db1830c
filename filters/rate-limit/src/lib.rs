//! Limits how often a client may ask, exactly, across all workers of an Envoy; and with an engine of its own,
//! across all Envoys.
//!
//! Each rule is a token bucket per key (`gcra.rs`). The buckets of all keys live in a table of fixed
//! size in the host's shared data (`table.rs`), so that workers share them and no client can make it
//! grow. Which rule has which table is in a registry (`registry.rs`) that all plugins share.

#[cfg(test)]
mod bound;
mod config;
mod counters;
mod gcra;
mod global;
mod key;
mod lease;
mod limiter;
mod refusal;
mod registry;
mod report;
mod rls;
mod rule;
mod table;
mod tables;

use proxy_filter::callout::CallResponse;
use proxy_filter::clock;
use proxy_filter::http::OnCallResponse;
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::logging::Throttled;
use proxy_filter::matching::Condition;
use proxy_filter::plugin::OnTick;
use proxy_filter::prelude::*;

use global::Global;
use limiter::Verdict;
use refusal::{Again, CONTENT_TYPE, Refusal};
use report::{Report, Shown, Standing};
use rule::Rule;
use tables::Tables;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct RateLimit {
    rules: Vec<Rule>,
    tables: Tables,
    exempt: Vec<Condition>,
    /// What rules and exemptions look at.
    needs: InputSet,
    refusal: Refusal,
    shown: Shown,
    global: Option<Global>,
    engine_fails: Throttled,
}

/// What a response will say.
#[derive(Debug, Default)]
pub struct Stream {
    standings: Vec<Standing>,
    /// What the engine adds.
    headers: Report,
    /// Positions of the rules that the engine was asked for.
    asked: Vec<usize>,
}

impl Filter for RateLimit {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration)
    }
}

impl HttpFilter for RateLimit {
    type Stream = Stream;
    type Tag = ();
}

impl OnTick for RateLimit {
    fn on_tick(&self) {
        self.tables.tick(&self.rules);
    }
}

impl OnRequestHeaders for RateLimit {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<()>, HostError> {
        let captured = self.needs.capture(headers)?;
        let inputs = Inputs::of_request(&captured);
        if self.exempt.iter().any(|condition| condition.holds(&inputs) == Some(true)) {
            self.rules.iter().for_each(|rule| rule.counters.exempt.increment(1));
            return Ok(Flow::Continue);
        }
        let now = self.tables.prepare(&self.rules, clock::monotonic_nanoseconds()?);
        let verdicts = limiter::decide(&self.rules, &inputs, now)?;
        stream.standings = self.shown.standings(&verdicts, now);
        if verdicts.iter().any(Verdict::refuses) {
            for verdict in verdicts.iter().filter(|verdict| verdict.refuses()) {
                log::debug!("limited by `{}`: {:?}", verdict.rule.name, verdict.outcome);
            }
            let again = report::retry_after_seconds(&verdicts).map_or(Again::Never, Again::AfterSeconds);
            return Ok(Flow::Reply(self.refuse(stream, again, Vec::new(), Some(headers))));
        }
        let Some(global) = &self.global else { return Ok(Flow::Continue) };
        let applying = verdicts.iter().map(|verdict| verdict.rule);
        Ok(match global.call(applying, &inputs)? {
            Some((call, asked)) => {
                stream.asked = asked;
                Flow::Call(call, ())
            }
            None => Flow::Continue,
        })
    }
}

impl OnCallResponse for RateLimit {
    fn on_call_response(
        &self,
        stream: &mut Stream,
        (): (),
        answer: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        let asked = std::mem::take(&mut stream.asked);
        let rules = asked.iter().filter_map(|position| self.rules.get(*position));
        let decision = match global::read(answer) {
            Ok(decision) => decision,
            Err(reason) => {
                rules.for_each(|rule| rule.counters.global_error.increment(1));
                let denies = self.global.as_ref().is_some_and(|global| global.denies_on_error);
                let becomes = if denies { "refused" } else { "left to the local rules" };
                let cluster = self.global.as_ref().map_or("", |global| &global.cluster);
                self.engine_fails.warn(format_args!(
                    "the engine in cluster `{cluster}` fails, requests are {becomes}: {reason}"
                ))?;
                return Ok(if denies { Flow::Reply(refusal::undecided()) } else { Flow::Continue });
            }
        };
        report::learn(&mut stream.standings, &asked, &decision.statuses, decision.admits);
        if !decision.admits {
            let refusing =
                decision.refusing(&asked).into_iter().filter_map(|position| self.rules.get(*position));
            refusing.for_each(|rule| rule.counters.global_limited.increment(1));
            let again = decision.retry_after_seconds().map_or(Again::Later, Again::AfterSeconds);
            stream.headers = decision.for_client;
            return Ok(Flow::Reply(self.refuse(stream, again, decision.body, request)));
        }
        rules.for_each(|rule| rule.counters.global_allowed.increment(1));
        stream.headers = decision.for_client;
        // Of the body that the engine gives a refusal.
        stream.headers.retain(|(name, _)| *name != CONTENT_TYPE);
        if let Some(request) = request {
            // A client's own of these names would pass for the engine's.
            decision.for_upstream.iter().try_for_each(|(name, _)| request.remove(name))?;
            decision.for_upstream.iter().try_for_each(|(name, value)| request.append(name, value))?;
        }
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for RateLimit {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        let own = self.shown.report(&self.rules, &stream.standings, None);
        let own = report::without(own, &stream.headers);
        own.iter().try_for_each(|(name, value)| headers.set(name, value))?;
        stream.headers.iter().try_for_each(|(name, value)| headers.append(name, value))
    }
}

impl RateLimit {
    /// The reply, which says all that there is to say: its response phase adds nothing.
    fn refuse(
        &self,
        stream: &mut Stream,
        again: Again,
        body: Vec<u8>,
        request: Option<&mut RequestHeaders>,
    ) -> Reply {
        // A request that can no longer be asked for could be a gRPC client's.
        let is_grpc = || match request.map(|request| request.get(&CONTENT_TYPE)) {
            Some(Ok(kind)) => kind.is_some_and(|kind| kind.starts_with(b"application/grpc")),
            Some(Err(_)) | None => true,
        };
        let Stream { standings, headers, .. } = std::mem::take(stream);
        let own = self.shown.report(&self.rules, &standings, again.seconds());
        let own = report::without(own, &headers).into_iter();
        self.refusal.reply(again, body, own.chain(headers).collect(), is_grpc)
    }
}

proxy_filter::http_filter!(RateLimit: RequestHeaders, ResponseHeaders, CallResponse; Tick);
