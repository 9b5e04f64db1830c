//! `cargo proxy-filter try`: runs a filter's module in wasmtime, with the model of a proxy around it, or in a real Envoy, and
//! shows what it changes.

mod attempt;
mod configuration;
mod envoy;
mod marked;
mod named;
mod run;
mod source;
mod watch;

pub use attempt::{Attempt, Format};
pub use configuration::Configuration;
pub use marked::Marked;
pub use run::{Runner, run};
pub use source::Source;
