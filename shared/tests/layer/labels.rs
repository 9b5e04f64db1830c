//! Labels of metrics, which Envoy finds in their names.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proxy_filter_envoy::Envoy;
use proxy_filter_envoy::http::Request;
use proxy_filter_envoy::locate;
use proxy_filter_test::envoy_test;
use serde_json::{Value, json};

/// The snippet in the docs of `metric`.
const STATS_TAGS: &str = include_str!("../../src/metric/stats_tags.yaml");

/// How long the filter may take to report its counters, which it does once a second.
const PATIENCE: Duration = Duration::from_secs(10);

envoy_test! {
    fn prometheus_sees_the_label() {
        let shown = show_label();
        assert!(shown.is_ok(), "{shown:?}");
    }
}

/// Waits until the label is shown.
fn show_label() -> Result<(), Box<dyn Error>> {
    let address = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
    // JSON is YAML.
    let bootstrap = format!(
        "{STATS_TAGS}\nadmin: {}\nstatic_resources: {}\n",
        json!({"address": address}),
        resources(&address)
    );
    let envoy = Envoy::start_text(&locate::envoy(), "envoy.yaml", &bootstrap)?;
    envoy.send("web", &Request::get("/"))?;
    let start = Instant::now();
    loop {
        let response = Request::get("/stats/prometheus").send(envoy.admin())?;
        let shown = String::from_utf8_lossy(&response.body);
        if shown.contains("record_streams_responses{class=\"2xx\"} 1\n") {
            return Ok(());
        }
        assert!(start.elapsed() < PATIENCE, "{shown}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Returns a listener `web` with the filter, to which Envoy responds itself.
fn resources(address: &Value) -> Value {
    let folder = std::env::var_os(proxy_filter_envoy::target::MODULES).map(PathBuf::from).unwrap_or_default();
    let kind = |name: &str| format!("type.googleapis.com/envoy.extensions.filters.{name}");
    let filter = json!({
        "name": "record_streams",
        "typed_config": {
            "@type": kind("http.wasm.v3.Wasm"),
            "config": {
                "vm_config": {
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": folder.join("tests/record_streams.wasm")}},
                },
            },
        },
    });
    let router = json!({"name": "router", "typed_config": {"@type": kind("http.router.v3.Router")}});
    let route = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
    let manager = json!({
        "@type": kind("network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "web",
        "http_filters": [filter, router],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    });
    json!({"listeners": [{
        "name": "web",
        "address": address,
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }]})
}
