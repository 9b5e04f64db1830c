//! Loads modules in a real Envoy.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::filter::is_http;
use crate::temporary::TemporaryFolder;

/// How long Envoy may take to load a module.
const PATIENCE: Duration = Duration::from_secs(60);

/// Envoy's message if it loaded a module that refuses its configuration.
const REFUSES_CONFIGURATION: &str = "Failed to configure base Wasm plugin";

/// Makes Envoy validate a bootstrap with the module, as an HTTP or TCP filter without configuration. A module that
/// refuses an empty configuration has been loaded by then, so it passes.
pub(super) fn module(envoy: &Path, module: &[u8]) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("proxy-filter-verify-{}", std::process::id()));
    let folder = TemporaryFolder::new(folder)?;
    let (plugin, file) = (folder.path().join("plugin.wasm"), folder.path().join("envoy.json"));
    fs::write(&plugin, module)?;
    fs::write(&file, bootstrap(&plugin, is_http(module)).to_string())?;
    let log = folder.path().join("log");
    let mut command = Command::new(envoy);
    command.args(["--mode", "validate", "--disable-hot-restart", "--config-path"]).arg(&file);
    let child = command.stdout(Stdio::null()).stderr(File::create(&log)?).spawn();
    let status = ended(child.with_context(|| format!("cannot run {}", envoy.display()))?)?;
    if let Some(signal) = status.signal() {
        bail!("cannot load the module in Envoy: signal {signal} ended it");
    }
    let log = fs::read(&log)?;
    let log = String::from_utf8_lossy(&log);
    let reason = log.lines().find(|line| line.contains("Wasm VM failed")).or(log.lines().last());
    ensure!(
        status.success() || log.contains(REFUSES_CONFIGURATION),
        "Envoy refuses to load the module: {}",
        reason.unwrap_or_default()
    );
    Ok(())
}

fn ended(mut child: Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("Envoy did not load the module within {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
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
