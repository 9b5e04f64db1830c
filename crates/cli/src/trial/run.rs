//! Runs a module.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use proxy_filter_test::Proxy;
use proxy_filter_trial::{Cost, Report, Traffic, Trial};

use super::envoy;
use crate::filter::is_http;

/// What to run the module in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// The model, with the module in wasmtime.
    Model,
    /// A real Envoy.
    Envoy,
}

/// Runs a module's file. A filter that refuses the configuration or panics is not an error: the report tells.
///
/// # Errors
/// The file is not a module that runs, its filter is of the other kind, or Envoy fails.
pub fn run(module: &Path, trial: &Trial, runner: Runner) -> Result<Report> {
    let is_http =
        is_http(&std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?);
    let is_right = matches!(trial.traffic, Traffic::Http(..)) == is_http;
    ensure!(
        is_right,
        match is_http {
            true => "this is an HTTP filter: name a path in place of `--tcp`",
            false => "this is a TCP filter: use `--tcp TEXT` in place of a path",
        }
    );
    if runner == Runner::Envoy {
        return envoy::run(module, trial);
    }
    let proxy = Proxy::wasm_file(module)?;
    let model = proxy.as_model().context("wasmtime runs in the model")?;
    let report = proxy_filter_trial::run(model, trial);
    let cost = proxy.cost();
    Ok(Report { cost: Some(Cost { instructions: cost.instructions, hostcalls: cost.hostcalls }), ..report })
}
