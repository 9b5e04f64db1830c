//! Loads modules in a real Envoy.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use proxy_filter_envoy::Envoy;
use proxy_filter_envoy::scratch::Scratch;
use serde_json::{Value, json};

use crate::filter::is_http;

/// Envoy's message if it loaded a module that refuses its configuration.
const REFUSES_CONFIGURATION: &str = "Failed to configure base Wasm plugin";

/// Makes Envoy validate a bootstrap with the module, as an HTTP or TCP filter without configuration. A module that
/// refuses an empty configuration has been loaded by then, so it passes.
pub(super) fn module(envoy: &Path, module: &[u8]) -> Result<()> {
    let directory = Scratch::new("verify")?;
    let plugin = directory.path().join("plugin.wasm");
    fs::write(&plugin, module).with_context(|| format!("cannot write {}", plugin.display()))?;
    let bootstrap = bootstrap(&plugin, is_http(module)).to_string();
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

/// Builds a bootstrap with one listener, in which the module precedes the terminal filter.
fn bootstrap(plugin: &Path, is_http: bool) -> Value {
    let layer = if is_http { "http" } else { "network" };
    let typed = |extension: &str| format!("type.googleapis.com/envoy.extensions.filters.{extension}");
    let filter = json!({"name": "verified", "typed_config": {
        "@type": typed(&format!("{layer}.wasm.v3.Wasm")),
        "config": {
            "name": "verified",
            "root_id": "verified",
            "vm_config": {
                "vm_id": "verified",
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": plugin}},
            },
        },
    }});
    let filters = match is_http {
        true => json!([{"name": "http", "typed_config": {
            "@type": typed("network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "http",
            "http_filters": [
                filter,
                {"name": "router", "typed_config": {"@type": typed("http.router.v3.Router")}},
            ],
            "route_config": {"virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [
                    {"match": {"prefix": "/"}, "direct_response": {"status": 200}},
                ]},
            ]},
        }}]),
        false => json!([filter, {"name": "tcp", "typed_config": {
            "@type": typed("network.direct_response.v3.Config"),
        }}]),
    };
    json!({"static_resources": {"listeners": [{
        "name": "listener",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": filters}],
    }]}})
}
