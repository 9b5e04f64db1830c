//! Sends requests or a TCP connection through a filter in the model of a proxy, and reports what the filter changes.
//!
//! A [`Trial`] says what to send, [`run`] sends it, and a [`Report`] says what happened. Both have a JSON form. The caller
//! makes the [`Proxy`](proxy_model::Proxy) and so decides what the filter runs in: [`run`] works with every
//! [`Guest`](proxy_model::Guest).
//!
//! # Layout
//!
//! - `trial` has what to send, and `wire` its JSON form; [`Bytes`] and [`Span`] are its values. `request` makes the request that the
//!   client sends of it, and `check` finds what no client can send.
//! - `run` sends it, and the same through a proxy without the filter.
//! - `report` has what happened, `log` the lines of the filter, and `metric` names of its counters; `refusal` finds the place
//!   of a mistake in a configuration.
//! - `text` shows a report as lines with marks.

mod bytes;
mod check;
mod log;
mod metric;
mod refusal;
mod report;
mod request;
mod run;
mod span;
mod text;
mod trial;
mod wire;

pub use bytes::Bytes;
pub use log::LogLine;
pub use refusal::Refusal;
pub use report::{Connection, Cost, Exchange, Message, Outcome, Report, Responder, Sides};
pub use run::{refusal, run};
pub use span::{Span, SpanError};
pub use text::{Mark, series};
pub use trial::{Chunks, HeaderList, Repeat, Request, Service, Traffic, Trial, UpstreamResponse};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
