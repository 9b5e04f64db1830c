//! Envoys whose filters use every feature that has a metric, and traffic through them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::recorder::{self, Recorder};
use harness::{Envoy, built, free_address, parts};
use proxy_filter_test::GrpcServer;
use serde_json::json;

use crate::refusing::Refusing;
use crate::snippet;

const LIMITS: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 5, "period": "1h", "when": {"path": {"prefix": "/limited"}}},
        {"name": "small", "key": [{"header": "x-key"}], "limit": 2, "period": "1h", "slots": 8},
        {"name": "dark", "key": [], "limit": 1, "period": "1h", "shadow": true},
        {"name": "late", "key": [{"header": "x-user"}], "limit": 1, "period": "1h", "cost": {"response_header": "x-tokens"}},
        {"name": "at-once", "key": [{"client_ip": {}}], "concurrency": 100}
    ],
    "exempt": {"path": {"prefix": "/healthz"}}
}"#;
const GLOBAL: &str = r#"{
    "rules": [{"name": "shared", "key": [], "limit": 1000, "period": "1s"}],
    "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "5s"}
}"#;
const PATHS: &str = r#"{"rules": [
    {"prefix": "/old", "replace": "/new"},
    {"prefix": "/go", "redirect": {"scheme": "https"}},
    {"regex": "^/x", "replace": "/"}
]}"#;
const HEADERS: &str = r#"{"request": [{"name": "x-user", "value": "%REQ(x-name)%"}], "response": [{"name": "x-edge", "value": "1"}]}"#;
const PAYLOADS: &str = r#"{
    "to_upstream": {"payload": {"text": "hello "}},
    "to_client": {"payload": {"template": "%ATTR(connection.requested_server_name)%"}},
    "on_missing": "skip"
}"#;
const CONNECTIONS: &str = r#"{
    "rules": [
        {"name": "per-source", "limit": 100, "period": "1s"},
        {"name": "at-once", "concurrency": 100},
        {"name": "dark", "limit": 1, "period": "1h", "shadow": true}
    ],
    "exempt": "192.0.2.0/24"
}"#;

/// The running Envoys, and what they need.
pub(crate) struct Scenario {
    /// Has a listener for each filter, and two whose filter traps.
    pub(crate) envoy: Envoy,
    /// Reads its listeners from a file, and refuses one.
    pub(crate) refusing: Refusing,
    recorder: Recorder,
    _service: GrpcServer,
}

impl Scenario {
    pub(crate) fn start() -> Result<Self> {
        let recorder = Recorder::start()?;
        // Answers in turn that the limit is not reached, that it is, and that the service failed.
        let (calls, answers) =
            (AtomicUsize::new(0), [Ok(b"\x08\x01".to_vec()), Ok(b"\x08\x02".to_vec()), Err(14)]);
        let answer = move |_| {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            answers.iter().cycle().nth(call % 3).cloned().unwrap_or(Err(14))
        };
        let service = GrpcServer::start(([127, 0, 0, 1], 0).into(), answer)?;
        let routes = [
            json!({"match": {"prefix": "/down"}, "route": {"cluster": "down"}}),
            json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}}),
        ];
        let limits = [built::filter("rate-limit", LIMITS).named("limits", "rate-limit")];
        let global = [built::filter("rate-limit", GLOBAL).named("global", "rate-limit")];
        let edits = [built::filter("path-rewrite", PATHS), built::filter("add-header", HEADERS)];
        let trapping = |policy: &str| {
            let module = parts::test_modules().join("probe.wasm");
            [Filter::new("probe", &module, "").named(policy, policy).option("failure_policy", policy)]
        };
        let bootstrap = Bootstrap::default()
            .http2_cluster("ratelimit", service.address())
            .cluster("recorder", recorder.address())
            .cluster("down", free_address()?)
            .routed("limits", &limits, &routes)
            .routed("global", &global, &routes)
            .routed("edits", &edits, &routes)
            .routed("reload", &trapping("FAIL_RELOAD"), &routes)
            .routed("closed", &trapping("FAIL_CLOSED"), &routes)
            .tcp("tcp", &[built::filter("tcp-prepend", PAYLOADS)], "recorder")
            .tcp("connections", &[built::filter("rate-limit-tcp", CONNECTIONS)], "recorder");
        // JSON is YAML.
        let json = bootstrap.to_json();
        let text = format!(
            "{}admin: {}\nstatic_resources: {}\n",
            snippet::text()?,
            json["admin"],
            json["static_resources"]
        );
        let envoy = Envoy::start_text(&harness::locate::envoy(), "envoy.yaml", &text)?;
        Ok(Self { envoy, refusing: Refusing::start()?, recorder, _service: service })
    }

    /// Sends requests of every kind.
    pub(crate) fn send(&self) -> Result<()> {
        let send = |listener: &str, path: &str| self.envoy.send(listener, &Request::get(path));
        for _ in 0..3 {
            for (listener, path) in [
                ("limits", "/limited"),
                ("limits", "/limited"),
                ("limits", "/healthz"),
                ("global", "/"),
                ("global", "/"),
                ("global", "/"),
                ("edits", "/old/1"),
                ("edits", "/go"),
                ("edits", "/x/evil.example"),
                ("edits", "/down"),
            ] {
                send(listener, path)?;
            }
        }
        // More keys than buckets.
        for key in 0..20 {
            self.envoy.send("limits", &Request::get("/").header("x-key", key.to_string()))?;
        }
        for listener in ["reload", "closed"] {
            // One of the two workers gets two of these. The second finds a VM that has trapped, and replaces it.
            for _ in 0..3 {
                let trap = Request::get("/").header("x-command", "request headers: trap");
                self.envoy.send(listener, &trap)?;
            }
        }
        recorder::send(self.envoy.address("tcp")?, &[b"one"], Duration::ZERO)?;
        self.recorder.next().context("the TCP connection")?;
        self.refusing.refuse()
    }
}
