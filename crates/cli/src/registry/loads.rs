//! Loads modules in a real Envoy.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use proxy_filter_envoy::scratch::Scratch;
use proxy_filter_envoy::{Bootstrap, Envoy, Filter};

use crate::filter::is_http;

/// Envoy's message if it loaded a module that refuses its configuration.
const REFUSES_CONFIGURATION: &str = "Failed to configure base Wasm plugin";

/// Makes Envoy validate a bootstrap with the module, as an HTTP or TCP filter without configuration. A module that
/// refuses an empty configuration has been loaded by then, so it passes.
pub(super) fn module(envoy: &Path, module: &[u8]) -> Result<()> {
    let directory = Scratch::new("verify")?;
    let plugin = directory.path().join("plugin.wasm");
    fs::write(&plugin, module).with_context(|| format!("cannot write {}", plugin.display()))?;
    let bootstrap = bootstrap(&plugin, is_http(module)).to_json().to_string();
    let validated = Envoy::validate_text(envoy, "envoy.json", &bootstrap)?;
    if let Some(signal) = validated.status.signal() {
        bail!("cannot load the module in Envoy: signal {signal} ended it");
    }
    let log = String::from_utf8_lossy(&validated.stderr);
    let reason = log.lines().find(|line| line.contains("Wasm VM failed")).or(log.lines().last());
    ensure!(
        validated.status.success() || log.contains(REFUSES_CONFIGURATION),
        "Envoy refuses to load the module: {}",
        reason.unwrap_or_default()
    );
    Ok(())
}

/// Builds a bootstrap with the module in one listener. Its upstream is never contacted.
fn bootstrap(plugin: &Path, is_http: bool) -> Bootstrap {
    let filters = [Filter::new("verified", plugin, "")];
    let bootstrap = Bootstrap::default().cluster("upstream", (Ipv4Addr::LOCALHOST, 1).into());
    match is_http {
        true => bootstrap.http("listener", &filters, "upstream"),
        false => bootstrap.tcp("listener", &filters, "upstream"),
    }
}
