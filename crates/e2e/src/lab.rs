//! One Envoy with a listener for each walk-through, and one without filters to compare with.

use std::net::SocketAddr;

use anyhow::Result;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::httpbin::Httpbin;
use harness::recorder::Recorder;

/// The listener without filters.
pub const PLAIN: &str = "plain";

/// The TCP listener without filters.
pub const PLAIN_TCP: &str = "plain-tcp";

/// add-header's configuration in the walk-through of the Go filter.
pub const S1_HEADERS: &str = r#"{
  "response": [
    {"name": "who-am-i", "value": "a wasm filter"},
    {"name": "injected-by", "value": "add-header"},
    {"name": "site", "value": "demo.example"},
    {"name": "author", "value": "Zoë Müller"}
  ],
  "echo_config": "configdata"
}"#;

/// path-rewrite's configuration in the walk-through of the Go filter.
pub const S1_PATHS: &str = r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#;

const S2_HEADER: &str = r#"{"response": [{"name": "resp-header-demo", "value": "added by our filter"}]}"#;
const S2_EVERY_CHUNK: &str = r#"{"to_upstream": {"every_chunk": true}}"#;
const S3: &str = r#"{"response": [{"action": "set", "name": "x-test", "value": "%REQ(:authority)%",
                                   "when": {"header": "authorization", "present": true}}]}"#;
const S4: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

/// Counts by a header, and has room for every test.
const ROOMY: &str = r#"{"rules": [{"key": [{"client_ip": {}}, {"header": "authorization"}], "limit": 1000, "period": "1s"}]}"#;

/// Envoy, httpbin, and a TCP upstream that records.
pub struct Lab {
    /// With the listeners of all walk-throughs.
    pub envoy: Envoy,
    /// The upstream of the TCP listeners.
    pub recorder: Recorder,
    httpbin: Httpbin,
}

impl Lab {
    /// Starts all three.
    ///
    /// # Errors
    /// One is not there or does not come up.
    pub fn start() -> Result<Self> {
        let httpbin = Httpbin::start()?;
        let recorder = Recorder::start()?;
        let add_header = |configuration| [Filter::new("add-header", configuration)];
        let tcp_prepend = |configuration| [Filter::new("tcp-prepend", configuration)];
        let s1 = [Filter::new("path-rewrite", S1_PATHS), Filter::new("add-header", S1_HEADERS)];
        let bootstrap = Bootstrap::default()
            .cluster("httpbin", httpbin.address())
            .cluster("recorder", recorder.address())
            .http(PLAIN, &[], "httpbin")
            .tcp(PLAIN_TCP, &[], "recorder")
            .http("s0-unconfigured", &add_header(""), "httpbin")
            .http("s0-text", &add_header("what ever you want"), "httpbin")
            .http("s1", &s1, "httpbin")
            .http("s2-http", &add_header(S2_HEADER), "httpbin")
            .tcp("s2-tcp", &tcp_prepend(""), "recorder")
            .tcp("s2-tcp-every-chunk", &tcp_prepend(S2_EVERY_CHUNK), "recorder")
            .http("s3", &add_header(S3), "httpbin")
            .http("s4", &[Filter::new("rate-limit", S4)], "httpbin")
            .http("roomy", &[Filter::new("rate-limit", ROOMY)], "httpbin");
        Ok(Self { envoy: Envoy::start(&bootstrap)?, recorder, httpbin })
    }

    /// Where httpbin listens.
    pub fn httpbin(&self) -> SocketAddr {
        self.httpbin.address()
    }

    /// What the logs of Envoy and httpbin end with.
    pub fn logs(&self) -> String {
        format!("{}\n{}", self.envoy.last_lines(), self.httpbin.last_lines())
    }
}
