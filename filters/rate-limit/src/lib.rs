//! Limits request rates exactly across all workers of an Envoy, and, with a rate limit service, across all Envoys.
//!
//! Each rule is a token bucket per key, in a table of fixed size that all workers share (crate `limits`).
//!
//! A rule is charged when the request arrives, or once the response is known: then the request only looks at the bucket, and
//! leaves a charge with its stream (`due.rs`).

#[cfg_attr(not(feature = "body"), path = "no_body.rs")]
mod body;
mod compile;
mod config;
mod counters;
mod decision;
mod due;
#[cfg(test)]
#[cfg(not(feature = "body"))]
mod explore;
mod header_list;
mod in_flight;
mod key;
mod late;
mod limit;
mod limit_headers;
mod limiter;
mod limits_by_value;
mod reply;
mod rls;
mod rule;
mod ruleset;
mod service;
mod start;
mod stream;
mod tiers;

use std::rc::Rc;

use proxy_filter::callout::CallResponse;
use proxy_filter::clock;
use proxy_filter::http::OnCallResponse;
use proxy_filter::inputs::{InputSet, Inputs, Snapshot};
use proxy_filter::logging::Throttled;
use proxy_filter::matching::When;
use proxy_filter::plugin::OnTick;
use proxy_filter::prelude::*;
use proxy_filter::specialize::{Phase, Specialize};

use config::Config;
use counters::PluginCounters;
use decision::RuleDecision;
use due::DueCharges;
use header_list::without;
use late::LateReads;
use limit_headers::LimitHeaders;
use reply::{CONTENT_TYPE, LimitedReply, Retry};
use rule::RulePlan;
use ruleset::Ruleset;
use service::RateLimitService;
use stream::{More, Stream};

/// The filter.
#[derive(Debug)]
pub struct RateLimit {
    plan: Rc<Plan>,
    ruleset: Rc<Ruleset>,
    counters: PluginCounters,
    service_warning: Throttled,
}

/// The compiled configuration.
#[derive(Debug)]
pub struct Plan {
    rules: Vec<Rc<RulePlan>>,
    exempt: Vec<When>,
    /// What rules and exemptions read of a request.
    inputs: InputSet,
    reply: LimitedReply,
    limit_headers: LimitHeaders,
    service: Option<RateLimitService>,
    /// Keeps the counts of plugins apart. `None` is the plugin's name.
    namespace: Option<String>,
    /// What late charges read. `None` if no rule is charged once the response is known.
    late: Option<LateReads>,
}

impl Specialize for RateLimit {
    type Plan = Plan;

    fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
        Config::parse(configuration)?.try_into()
    }

    fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        Self::from_plan(plan)
    }

    fn needs(plan: &Plan, phase: Phase) -> bool {
        match phase {
            Phase::ResponseHeaders => {
                plan.limit_headers.are_on_all_responses() || plan.service.is_some() || plan.late.is_some()
            }
            Phase::ResponseBody => plan.rules.iter().any(|rule| rule.reads_body()),
            Phase::CallResponse => plan.service.is_some(),
            _ => true,
        }
    }
}

impl HttpFilter for RateLimit {
    type Stream = Stream;
    type Tag = ();
}

impl OnTick for RateLimit {
    fn on_tick(&self) {
        self.ruleset.tick();
    }
}

impl OnRequestHeaders for RateLimit {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<()>, HostError> {
        let snapshot = self.plan.inputs.capture(headers)?;
        let flow = self.decide(stream, headers, &snapshot);
        if self.plan.late == Some(LateReads::Request)
            && let Some(due) = stream.due()
        {
            due.keep_request(snapshot);
        }
        flow
    }
}

impl OnCallResponse for RateLimit {
    fn on_call_response(
        &self,
        stream: &mut Stream,
        (): (),
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        let asked = std::mem::take(&mut stream.more().asked);
        let rule = |position: &usize| self.ruleset.rules.get(*position);
        let decision = match service::read(response) {
            Ok(decision) => decision,
            Err(reason) => {
                self.counters.global_error.iter().for_each(|error| error.increment(1));
                return self.without_service(stream, &reason);
            }
        };
        let is_over_limit = decision.is_over_limit;
        limit_headers::update(&mut stream.statuses, &asked, &decision.statuses, is_over_limit);
        if is_over_limit {
            let limiting = decision.limiting(&asked).into_iter().filter_map(rule);
            limiting.filter_map(|rule| rule.counters.global_limited).for_each(|limited| limited.increment(1));
            let retry = decision.retry_after_seconds().map_or(Retry::Later, Retry::AfterSeconds);
            stream.more().service_headers = decision.response_headers;
            return Ok(Flow::Reply(self.limit(stream, retry, decision.body, request)));
        }
        let allowing = asked.iter().filter_map(rule);
        allowing.filter_map(|rule| rule.counters.global_allowed).for_each(|allowed| allowed.increment(1));
        let mut service_headers = decision.response_headers;
        // `content-type` describes the body of a limited reply.
        service_headers.retain(|(name, _)| *name != CONTENT_TYPE);
        stream.more().service_headers = service_headers;
        if let Some(request) = request {
            // A client could forge headers that the upstream expects from the service.
            decision.request_headers.iter().try_for_each(|(name, _)| request.remove(name))?;
            decision.request_headers.iter().try_for_each(|(name, value)| request.append(name, value))?;
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
        if let Some(due) = stream.more.as_mut().and_then(|more| more.due.as_mut()) {
            due.on_response_headers(headers, &mut stream.statuses)?;
        }
        let own = self.plan.limit_headers.of(&self.ruleset.rules, &stream.statuses, None);
        let own = without(own, stream.service_headers());
        own.iter().try_for_each(|(name, value)| headers.set(name, value))?;
        stream.service_headers().iter().try_for_each(|(name, value)| headers.append(name, value))
    }
}

#[cfg(feature = "body")]
impl OnResponseBody for RateLimit {
    fn on_response_body(&self, stream: &mut Stream, body: &mut ResponseBody) -> Result<(), HostError> {
        stream.due().map_or(Ok(()), |due| due.on_response_body(body))
    }
}

impl RateLimit {
    /// Decides about a request.
    fn decide(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
        snapshot: &Snapshot,
    ) -> Result<Flow<()>, HostError> {
        let inputs = Inputs::of_request(snapshot);
        if self.plan.exempt.iter().any(|condition| condition.holds(&inputs) == Some(true)) {
            self.counters.exempt.iter().for_each(|exempt| exempt.increment(1));
            return Ok(Flow::Continue);
        }
        let now = self.ruleset.ensure_confirmed(clock::monotonic_nanoseconds()?);
        let mut guards = Vec::new();
        let decisions = limiter::decide(&self.ruleset, &inputs, now, self.plan.late.is_some(), &mut guards)?;
        stream.statuses = self.plan.limit_headers.rule_statuses(&decisions, now);
        if decisions.iter().any(RuleDecision::limits) {
            for RuleDecision { rule, .. } in decisions.iter().filter(|it| it.limits()) {
                log::debug!("limited by rule `{}`", rule.plan.name);
            }
            let seconds = limit_headers::retry_after_seconds(&decisions);
            let retry = seconds.map_or(Retry::Never, Retry::AfterSeconds);
            return Ok(Flow::Reply(self.limit(stream, retry, Vec::new(), Some(headers))));
        }
        if !guards.is_empty() {
            stream.more().guards = guards;
        }
        if self.plan.late.is_some()
            && let Some(due) = DueCharges::new(&self.ruleset, &decisions)
        {
            stream.more().due = Some(due);
        }
        let Some(service) = &self.plan.service else { return Ok(Flow::Continue) };
        let applying = decisions.iter().map(|decision| decision.rule);
        Ok(match service.call(applying, &inputs)? {
            Some((call, asked)) => {
                stream.more().asked = asked;
                Flow::Call(call, ())
            }
            None => Flow::Continue,
        })
    }

    /// Decides about a request after the rate limit service has failed.
    fn without_service(&self, stream: &mut Stream, reason: &str) -> Result<Flow<()>, HostError> {
        let denies = self.plan.service.as_ref().is_some_and(|service| service.denies_on_error);
        let action = if denies { "denying requests" } else { "only local limits apply" };
        let cluster = self.plan.service.as_ref().map_or("", |service| &service.cluster);
        self.service_warning
            .warn(format_args!("the rate limit service in cluster `{cluster}` failed, {action}: {reason}"))?;
        if !denies {
            return Ok(Flow::Continue);
        }
        stream.more().due.take().into_iter().for_each(DueCharges::discard);
        Ok(Flow::Reply(reply::service_failed()))
    }

    /// Builds the reply to a limited request, with all headers: the response phase adds nothing.
    fn limit(
        &self,
        stream: &mut Stream,
        retry: Retry,
        body: Vec<u8>,
        request: Option<&mut RequestHeaders>,
    ) -> Reply {
        // If the request's headers cannot be read any more, the client may be a gRPC client.
        let is_grpc = || match request.map(|request| request.get(&CONTENT_TYPE)) {
            Some(Ok(kind)) => kind.is_some_and(|kind| kind.starts_with(b"application/grpc")),
            Some(Err(_)) | None => true,
        };
        let Stream { statuses, more } = std::mem::take(stream);
        let More { service_headers, due, .. } = more.map(|more| *more).unwrap_or_default();
        due.into_iter().for_each(DueCharges::discard);
        let own = self.plan.limit_headers.of(&self.ruleset.rules, &statuses, retry.seconds());
        let own = without(own, &service_headers).into_iter();
        self.plan.reply.reply(retry, body, own.chain(service_headers).collect(), is_grpc)
    }
}

#[cfg(not(feature = "body"))]
proxy_filter::http_filter!(RateLimit: RequestHeaders, ResponseHeaders, CallResponse; Tick, Specialize);
#[cfg(feature = "body")]
proxy_filter::http_filter!(RateLimit: RequestHeaders, ResponseHeaders, ResponseBody, CallResponse; Tick, Specialize);
