//! Filters whose configuration can be compiled when the module is built.
//!
//! `cargo proxy-filter specialize` makes a module for one configuration: it runs [`Specialize::plan`], keeps the memory
//! with the plan in it, and drops the phases that the plan does not need and the code that only reads configurations.
//! At load, the module accepts this configuration or none, and refuses any other.
//!
//! Hazard: what [`plan`](Specialize::plan) computes is the same in every process that loads the module. Secrets, seeds
//! and everything that the host gives belong in [`start`](Specialize::start).
//!
//! ```
//! use std::rc::Rc;
//!
//! use proxy_filter::metric::Counter;
//! use proxy_filter::prelude::*;
//! use proxy_filter::specialize::{Phase, Specialize};
//!
//! struct Greeter {
//!     plan: Rc<Plan>,
//!     greeted: Counter,
//! }
//!
//! struct Plan {
//!     greeting: HeaderValue,
//! }
//!
//! impl Specialize for Greeter {
//!     type Plan = Plan;
//!
//!     fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
//!         Ok(Plan { greeting: HeaderValue::new(configuration)? })
//!     }
//!
//!     fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
//!         Ok(Self { plan, greeted: Counter::define("greeter.greeted")? })
//!     }
//!
//!     fn needs(plan: &Plan, _: Phase) -> bool {
//!         !plan.greeting.as_bytes().is_empty()
//!     }
//! }
//! # impl HttpFilter for Greeter { type Stream = (); type Tag = NoTag; }
//! # impl OnResponseHeaders for Greeter {
//! #     fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
//! #         self.greeted.increment(1);
//! #         headers.append(&HeaderName::from_static("hello"), &self.plan.greeting)
//! #     }
//! # }
//!
//! proxy_filter::http_filter!(Greeter: ResponseHeaders; Specialize);
//! ```

use std::rc::Rc;

use crate::Filter;
use crate::config::ConfigError;
use crate::entry::{HTTP_PHASES, TCP_PHASES};

/// A filter that is configured in two steps: a plan that needs no host, and a start that does. Register it with
/// `; Specialize`. Such a type is a [`Filter`], which is configured by both steps.
pub trait Specialize: Sized + 'static {
    /// The compiled configuration, without anything that belongs to the host.
    type Plan: 'static;

    /// Checks and compiles the configuration, as [`Filter::configure`] does, without calling the host. While a module is
    /// specialized, hostcalls other than those of the log fail, as do clocks and random numbers.
    ///
    /// # Errors
    /// A [`ConfigError`] refuses the configuration.
    fn plan(configuration: &[u8]) -> Result<Self::Plan, ConfigError>;

    /// Sets up what belongs to the host, such as metrics and shared data. Runs when a proxy loads the module, once for
    /// each plugin: in a specialized module, all plugins of a VM share one plan.
    ///
    /// # Errors
    /// The host fails.
    fn start(plan: Rc<Self::Plan>) -> Result<Self, ConfigError>;

    /// Returns whether the filter does anything in this phase, which is one that it registers. A specialized module lacks
    /// the phases that its plan does not need.
    fn needs(_plan: &Self::Plan, _phase: Phase) -> bool {
        true
    }
}

impl<F: Specialize> Filter for F {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Self::start(Rc::new(Self::plan(configuration)?))
    }
}

/// A phase of streams, as the registration macros name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// See [`OnRequest`](crate::http::OnRequest).
    Request,
    /// See [`OnRequestHeaders`](crate::http::OnRequestHeaders).
    RequestHeaders,
    /// See [`OnRequestBody`](crate::http::OnRequestBody).
    RequestBody,
    /// See [`OnRequestTrailers`](crate::http::OnRequestTrailers).
    RequestTrailers,
    /// See [`OnResponseHeaders`](crate::http::OnResponseHeaders).
    ResponseHeaders,
    /// See [`OnResponseBody`](crate::http::OnResponseBody).
    ResponseBody,
    /// See [`OnResponseTrailers`](crate::http::OnResponseTrailers).
    ResponseTrailers,
    /// See [`OnCallResponse`](crate::http::OnCallResponse).
    CallResponse,
    /// See [`OnStreamEnd`](crate::http::OnStreamEnd).
    StreamEnd,
    /// See [`OnNewConnection`](crate::tcp::OnNewConnection).
    NewConnection,
    /// See [`OnDownstreamData`](crate::tcp::OnDownstreamData).
    DownstreamData,
    /// See [`OnUpstreamData`](crate::tcp::OnUpstreamData).
    UpstreamData,
    /// See [`OnConnectionEnd`](crate::tcp::OnConnectionEnd).
    ConnectionEnd,
}

impl Phase {
    /// Returns all phases.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::rows().map(|(phase, ..)| *phase)
    }

    /// Returns the callbacks through which a host runs the phase. Phases share some.
    pub fn callbacks(self) -> impl Iterator<Item = &'static str> {
        let exports = Self::rows().filter(move |(phase, ..)| *phase == self).map(|(_, _, exports)| *exports);
        exports.flat_map(str::lines).filter_map(|line| line.split(' ').next_back())
    }

    /// Returns the phases with these names.
    pub(crate) fn named(names: &[&str]) -> impl Iterator<Item = Self> {
        Self::rows().filter(|(_, name, _)| names.contains(name)).map(|(phase, ..)| *phase)
    }

    /// Returns each phase with its name and its exports, as the build reads them.
    fn rows() -> impl Iterator<Item = &'static (Self, &'static str, &'static str)> {
        HTTP_PHASES.iter().chain(TCP_PHASES)
    }

    /// The bit of the phase in a set of phases.
    pub(crate) fn bit(self) -> u32 {
        1_u32.checked_shl(self as u32).unwrap_or_default()
    }

    /// Returns whether a specialized module needs the phase. `needed` is what its `proxy_filter_specialize` returned.
    #[doc(hidden)]
    pub fn is_in(self, needed: u32) -> bool {
        needed & self.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_name_the_callbacks_of_the_abi() {
        let callbacks = |phase: Phase| phase.callbacks().collect::<Vec<_>>().join(" ");
        assert_eq!(callbacks(Phase::RequestBody), "proxy_on_request_body proxy_on_request_trailers");
        assert_eq!(
            callbacks(Phase::CallResponse),
            "proxy_on_http_call_response proxy_on_grpc_receive proxy_on_grpc_close"
        );
        for phase in Phase::all() {
            assert!(phase.callbacks().all(|callback| callback.starts_with("proxy_on_")), "{phase:?}");
            assert_eq!(Phase::all().filter(|other| other.is_in(phase.bit())).count(), 1, "{phase:?}");
        }
    }
}
