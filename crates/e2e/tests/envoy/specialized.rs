//! Modules that are made for one configuration.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;
use harness::http::Request;
use harness::recorder;
use harness::scratch::Scratch;
use harness::transcript::expect_header;

use crate::Case;

pub(crate) const TESTS: [Case; 2] = [
    ("specialized_modules_take_their_configuration_or_none_through_reloads", own_or_none),
    ("specialized_modules_refuse_other_configurations", others),
];

/// The filters with their configurations.
const MADE: [(&str, &str); 4] = [
    ("add-header", r#"{"response": [{"name": "hello", "value": "%REQ(x-from)%"}]}"#),
    ("path-rewrite", r#"{"rules": [{"regex": "^/old/([0-9]+)$", "replace": "/status/$1"}]}"#),
    ("rate-limit", r#"{"rules": [{"key": [{"header": "x-key"}], "limit": 1, "period": "1d"}]}"#),
    ("tcp-prepend", r#"{"to_upstream": {"payload": {"text": "before "}}}"#),
];

/// Modules in a folder of their own.
struct Made(Scratch);

impl Made {
    fn new() -> Result<Self> {
        let folder = Scratch::new("specialized")?;
        for (filter, configuration) in MADE {
            let module = proxy_filter_test::specialized(filter, configuration)?;
            std::fs::write(folder.path().join(format!("{filter}.wasm")), module)?;
        }
        Ok(Self(folder))
    }

    /// Returns a plugin, in the one VM of its module.
    fn filter(&self, filter: &str, configuration: &str) -> Filter {
        Filter::new(filter, &self.0.path().join(format!("{filter}.wasm")), configuration)
    }

    /// Adds a listener for each filter.
    fn listeners(&self, fixture: &Fixture, prefix: &str, own: bool, bootstrap: Bootstrap) -> Bootstrap {
        let bootstrap = bootstrap
            .cluster(&format!("{prefix}-httpbin"), fixture.httpbin())
            .cluster(&format!("{prefix}-recorder"), fixture.recorder.address());
        MADE.into_iter().fold(bootstrap, |bootstrap, (filter, configuration)| {
            let filters = [self.filter(filter, if own { configuration } else { "" })];
            let (name, upstream) = (format!("{prefix}-{filter}"), |kind| format!("{prefix}-{kind}"));
            match filter {
                "tcp-prepend" => bootstrap.tcp(&name, &filters, &upstream("recorder")),
                _ => bootstrap.http(&name, &filters, &upstream("httpbin")),
            }
        })
    }
}

/// Two plugins run each module in one VM. Each reload adds new ones beside them.
fn own_or_none(fixture: &Fixture) -> Result<()> {
    let made = Made::new()?;
    let with = |own| {
        let bootstrap = made.listeners(fixture, "one", own, Bootstrap::default());
        made.listeners(fixture, "two", !own, bootstrap)
    };
    let envoy = Envoy::start_watching(&with(true))?;
    for reload in 0..3 {
        if reload > 0 {
            envoy.reload(&with(reload % 2 == 0))?;
        }
        each_filter(fixture, &envoy, "one", reload)?;
        each_filter(fixture, &envoy, "two", reload)?;
    }
    Ok(())
}

fn each_filter(fixture: &Fixture, envoy: &Envoy, prefix: &str, reload: u32) -> Result<()> {
    let name = |filter: &str| format!("{prefix}-{filter}");
    let response = envoy.send(&name("add-header"), &Request::get("/get").header("x-from", "me"))?;
    expect_header(&response, "hello", &["me"])?;
    let response = envoy.send(&name("path-rewrite"), &Request::get("/old/418"))?;
    ensure!(response.status == 418, "expected status 418:\n{response}");
    for expected in [200, 429] {
        let request = Request::get("/get").header("x-key", reload.to_string());
        let response = envoy.send(&name("rate-limit"), &request)?;
        ensure!(response.status == expected, "expected status {expected}:\n{response}");
    }
    let address = envoy.address(&name("tcp-prepend"))?;
    let (_, received) = fixture.recorder.record(|| recorder::send(address, &[b"it"], Duration::ZERO))?;
    ensure!(received == b"before it", "{}", received.escape_ascii());
    Ok(())
}

fn others(fixture: &Fixture) -> Result<()> {
    let made = Made::new()?;
    for (filter, configuration) in MADE {
        let own = configuration.replace(": ", ":").replace(", ", ",");
        let message = format!(
            "configuration refused: this module was made for one configuration, `{own}`: pass that one, pass none, or \
             make a module for yours with `cargo proxy-filter specialize`"
        );
        let bootstrap = Bootstrap::default().cluster("upstream", fixture.recorder.address());
        let filters = [made.filter(filter, "{}")];
        let output = Envoy::validate(&match filter {
            "tcp-prepend" => bootstrap.tcp("listener", &filters, "upstream"),
            _ => bootstrap.http("listener", &filters, "upstream"),
        })?;
        let log = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "Envoy accepted another configuration for {filter}");
        ensure!(log.contains(&message), "Envoy's log does not contain `{message}`:\n{log}");
    }
    Ok(())
}
