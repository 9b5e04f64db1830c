//! What scenarios run against: one Envoy with a listener for each scenario and one without filters, and upstreams.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use crate::bootstrap::Bootstrap;
use crate::built::filter;
use crate::httpbin::Httpbin;
use crate::recorder::Recorder;
use proxy_filter_envoy::Envoy;

/// The HTTP listener without filters.
pub const PLAIN: &str = "plain";

/// The TCP listener without filters.
pub const PLAIN_TCP: &str = "plain-tcp";

/// add-header's configuration in scenario S0: plain text.
pub(crate) const S0_TEXT: &str = "what ever you want";

/// add-header's configuration in scenario S1.
pub const S1_HEADERS: &str = r#"{
  "response": [
    {"name": "who-am-i", "value": "a wasm filter"},
    {"name": "injected-by", "value": "add-header"},
    {"name": "site", "value": "demo.example"},
    {"name": "author", "value": "Zoë Müller"}
  ],
  "echo_config": "configdata"
}"#;

/// path-rewrite's configuration in scenario S1.
pub const S1_PATHS: &str = r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#;

pub(crate) const S2_HEADER: &str =
    r#"{"response": [{"name": "resp-header-demo", "value": "added by our filter"}]}"#;
pub(crate) const S2_EVERY_CHUNK: &str = r#"{"to_upstream": {"every_chunk": true}}"#;
pub(crate) const S3: &str = r#"{
  "response": [
    {"action": "set", "name": "x-test", "value": "%REQ(:authority)%",
     "when": {"header": "authorization", "present": true}}
  ]
}"#;
pub(crate) const S4: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

/// Reads a header that clients send, with a limit that no test reaches.
const ROOMY: &str = r#"{"rules": [{"key": [{"client_ip": {}}, {"header": "authorization"}], "limit": 1000, "period": "1s"}]}"#;

/// A running Envoy, httpbin and recorder.
pub struct Fixture {
    /// Envoy, with a listener for each scenario.
    pub envoy: Envoy,
    /// The upstream of the TCP listeners.
    pub recorder: Recorder,
    httpbin: Httpbin,
    bootstrap: Mutex<Bootstrap>,
}

impl Fixture {
    /// Starts all three.
    ///
    /// # Errors
    /// A program is missing or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(|bootstrap| bootstrap)
    }

    /// Starts all three, with listeners besides those of the scenarios. The clusters `httpbin` and `recorder` exist.
    ///
    /// # Errors
    /// Same as [`start`](Self::start).
    pub fn start_with(more: impl FnOnce(Bootstrap) -> Bootstrap) -> Result<Self> {
        let httpbin = Httpbin::start()?;
        let recorder = Recorder::start()?;
        let add_header = |configuration| [filter("add-header", configuration)];
        let tcp_prepend = |configuration| [filter("tcp-prepend", configuration)];
        let s1 = [filter("path-rewrite", S1_PATHS), filter("add-header", S1_HEADERS)];
        let bootstrap = Bootstrap::default()
            .cluster("httpbin", httpbin.address())
            .cluster("recorder", recorder.address())
            .http(PLAIN, &[], "httpbin")
            .tcp(PLAIN_TCP, &[], "recorder")
            .http("s0-unconfigured", &add_header(""), "httpbin")
            .http("s0-text", &add_header(S0_TEXT), "httpbin")
            .http("s1", &s1, "httpbin")
            .http("s2-http", &add_header(S2_HEADER), "httpbin")
            .tcp("s2-tcp", &tcp_prepend(""), "recorder")
            .tcp("s2-tcp-every-chunk", &tcp_prepend(S2_EVERY_CHUNK), "recorder")
            .http("s3", &add_header(S3), "httpbin")
            .http("s4", &[filter("rate-limit", S4)], "httpbin")
            .http("roomy", &[filter("rate-limit", ROOMY)], "httpbin");
        let bootstrap = more(bootstrap);
        let envoy = Envoy::start_watching(&bootstrap)?;
        Ok(Self { envoy, recorder, httpbin, bootstrap: Mutex::new(bootstrap) })
    }

    /// Adds listeners and clusters with new names to the running Envoy. That takes milliseconds, because Envoy has
    /// already compiled the modules, which takes up to 1.5 s each.
    ///
    /// # Errors
    /// Envoy rejects them and keeps the current ones.
    pub fn add(&self, more: impl FnOnce(Bootstrap) -> Bootstrap) -> Result<()> {
        let mut bootstrap = self.bootstrap.lock().unwrap_or_else(PoisonError::into_inner);
        let with_more = more(bootstrap.with_defaults());
        self.envoy.reload(&with_more)?;
        *bootstrap = with_more;
        Ok(())
    }

    /// Returns httpbin's address.
    pub fn httpbin(&self) -> SocketAddr {
        self.httpbin.address()
    }

    /// Returns the ends of Envoy's and httpbin's logs.
    pub fn logs(&self) -> String {
        format!("{}\n{}", self.envoy.last_lines(), self.httpbin.last_lines())
    }
}
