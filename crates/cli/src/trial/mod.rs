//! `cargo proxy-filter try`: runs a filter's module in wasmtime, with the model of a proxy around it, or in a real Envoy, and
//! shows what it changes.

mod command;
mod configuration;
mod diagnostic;
mod envoy;
mod named;
mod run;
mod source;
mod watch;

pub use command::{Format, TryCommand};
pub use configuration::Configuration;
pub use diagnostic::Diagnostic;
pub use run::{Runner, run};
pub use source::Source;
