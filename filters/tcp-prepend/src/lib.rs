//! Sends a payload before the client's bytes, before the upstream's bytes, or both.
//!
//! Hazard: the filter cannot send anything before a peer's first byte. A server that waits for the payload before it
//! greets its clients waits forever.

mod addresses;
mod checksum;
mod compile;
mod config;
mod counters;
mod header;
mod merge;
mod payload;
mod preamble;
mod proxy_protocol;
mod subject;
mod tls;
mod unavailable;

use std::rc::Rc;

use config::Config;
use counters::Counters;
use merge::Begin;
use payload::Payload;
use proxy_filter::logging::Throttled;
use proxy_filter::prelude::*;
use proxy_filter::specialize::{Phase, Specialize};
use proxy_filter::tcp::OnUpstreamData;
use unavailable::Unavailable;

/// The filter: what to send before the bytes of each direction.
#[derive(Debug)]
pub struct TcpPrepend {
    to_upstream: Option<Prefix>,
    to_client: Option<Prefix>,
    /// Whether a connection that lacks an attribute continues without the payload. Otherwise it is closed.
    skips_missing: bool,
    /// Whether to send the payload if a peer closes before it has sent a byte.
    sends_on_empty: bool,
}

/// What to send before the bytes of one direction.
#[derive(Debug)]
struct Prefix {
    plan: Rc<PrefixPlan>,
    warning: Throttled,
    counters: Counters,
}

/// The compiled configuration.
#[derive(Debug)]
pub struct Plan {
    to_upstream: Option<Rc<PrefixPlan>>,
    to_client: Option<Rc<PrefixPlan>>,
    skips_missing: bool,
    sends_on_empty: bool,
}

/// The compiled configuration of one direction.
#[derive(Debug)]
struct PrefixPlan {
    payload: Payload,
    /// The number of chunks of a connection that get the payload, from the first on.
    chunks: u64,
    /// The direction's name in the configuration.
    field: &'static str,
}

/// The chunks of a connection, so far, that were due to get a payload.
#[derive(Debug, Default)]
pub struct Connection {
    to_upstream: u64,
    to_client: u64,
}

impl Specialize for TcpPrepend {
    type Plan = Plan;

    fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
        Config::parse(configuration)?.try_into()
    }

    fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        let prefix = |plan: &Rc<PrefixPlan>| {
            let counters = Counters::define(plan.field, plan.payload.may_be_missing())?;
            Ok::<_, HostError>(Prefix { plan: Rc::clone(plan), warning: Throttled::default(), counters })
        };
        Ok(Self {
            to_upstream: plan.to_upstream.as_ref().map(prefix).transpose()?,
            to_client: plan.to_client.as_ref().map(prefix).transpose()?,
            skips_missing: plan.skips_missing,
            sends_on_empty: plan.sends_on_empty,
        })
    }

    fn needs(plan: &Plan, phase: Phase) -> bool {
        match phase {
            Phase::DownstreamData => plan.to_upstream.is_some(),
            Phase::UpstreamData => plan.to_client.is_some(),
            _ => true,
        }
    }
}

impl TcpFilter for TcpPrepend {
    type Connection = Connection;
}

impl OnDownstreamData for TcpPrepend {
    fn on_downstream_data(
        &self,
        connection: &mut Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        self.prepend(self.to_upstream.as_ref(), &mut connection.to_upstream, chunk)
    }
}

impl OnUpstreamData for TcpPrepend {
    fn on_upstream_data(&self, connection: &mut Connection, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        self.prepend(self.to_client.as_ref(), &mut connection.to_client, chunk)
    }
}

impl TcpPrepend {
    fn prepend(
        &self,
        prefix: Option<&Prefix>,
        due: &mut u64,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        let is_wanted = !chunk.is_empty() || self.sends_on_empty && chunk.end_of_stream() && *due == 0;
        let Some(prefix) = prefix.filter(|prefix| is_wanted && *due < prefix.plan.chunks) else {
            return Ok(TcpFlow::Continue);
        };
        let sent = match prefix.plan.payload.merge() {
            None => None,
            Some(merge) => match merge.read(chunk)? {
                Ok(Begin::Header(sent)) => Some(sent),
                Ok(Begin::Payload) => None,
                Ok(Begin::Undecided) => return Ok(TcpFlow::Hold),
                Err(reason) => {
                    prefix.miss(&reason, "the connection is closed (`merge`)")?;
                    return Ok(TcpFlow::Close);
                }
            },
        };
        // Counted before the calls: if one failed after the host had written, a retry would write twice.
        *due = due.saturating_add(1);
        let mut omitted = Vec::new();
        let may_omit = self.skips_missing.then_some(&mut omitted);
        match prefix.plan.payload.render(sent.as_deref(), may_omit)? {
            Ok(bytes) => {
                omitted.iter().try_for_each(|reason| prefix.miss(reason, "the TLV is omitted"))?;
                match &sent {
                    None => chunk.prepend(&bytes)?,
                    Some(sent) => chunk.replace(&[&*bytes, sent.after()].concat())?,
                }
                prefix.counters.prepended.increment(1);
                log::debug!("{}: prepended {} bytes", prefix.plan.field, bytes.len());
                Ok(TcpFlow::Continue)
            }
            // A client can choose the length of a value. If the connection continued, the client could send a
            // PROXY protocol header of its own.
            Err(reason @ Unavailable::TooLong(_)) => {
                prefix.miss(&reason, "the connection is closed")?;
                Ok(TcpFlow::Close)
            }
            Err(reason) if self.skips_missing => {
                prefix.miss(&reason, "the connection continues without the payload")?;
                Ok(TcpFlow::Continue)
            }
            Err(reason) => {
                prefix.miss(&reason, "the connection is closed (`on_missing`)")?;
                Ok(TcpFlow::Close)
            }
        }
    }
}

impl Prefix {
    fn miss(&self, reason: &Unavailable, outcome: &str) -> Result<(), HostError> {
        self.counters.missing.iter().for_each(|missing| missing.increment(1));
        self.warning.warn(format_args!("{}: {reason}; {outcome}", self.plan.field))
    }
}

proxy_filter::tcp_filter!(TcpPrepend: DownstreamData, UpstreamData; Specialize);
