//! Labels of metrics, which Envoy finds in their names.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use proxy_filter_envoy::http::Request;
use proxy_filter_envoy::target::MODULES;
use proxy_filter_envoy::{Bootstrap, Envoy, Filter, locate};
use proxy_filter_test::envoy_test;
use serde_json::{Value, json};

/// The snippet in the docs of `metric`.
const STATS_TAGS: &str = include_str!("../../src/metric/stats_tags.yaml");

/// How long the filter may take to report its counters, which it does once a second.
const PATIENCE: Duration = Duration::from_secs(10);

envoy_test! {
    fn prometheus_sees_the_label() {
        let json = bootstrap();
        // JSON is YAML.
        let bootstrap =
            format!("{STATS_TAGS}\nadmin: {}\nstatic_resources: {}\n", json["admin"], json["static_resources"]);
        let envoy = Envoy::start_text(&locate::envoy(), "envoy.yaml", &bootstrap).unwrap();
        envoy.send("web", &Request::get("/")).unwrap();
        let start = Instant::now();
        let shown = || {
            let response = Request::get("/stats/prometheus").send(envoy.admin()).unwrap();
            String::from_utf8_lossy(&response.body).into_owned()
        };
        while !shown().contains("record_streams_responses{class=\"2xx\"} 1\n") {
            assert!(start.elapsed() < PATIENCE, "{}", shown());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Returns Envoy's configuration: a listener `web` with the filter, to which Envoy responds itself.
fn bootstrap() -> Value {
    let directory = std::env::var_os(MODULES).map(PathBuf::from).unwrap_or_default();
    let filter = Filter::new("record_streams", &directory.join("tests/record_streams.wasm"), "");
    let route = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
    Bootstrap::default().routed("web", &[filter], &[route]).to_json()
}
