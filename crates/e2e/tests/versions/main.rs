//! A short pass of an Envoy, which `just test-matrix --short` makes in each supported version: every filter as `deploy/envoy`
//! configures and restricts it, an exchange with each, the names of metrics, and reloads.

mod deployed;
mod exchanges;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::httpbin::Httpbin;
use harness::metrics::{readme, scrape};
use harness::recorder::Recorder;
use harness::suite::{self, Case};
use harness::{Envoy, parts};

const CASES: [Case; 1] = [("versions::every_filter_of_deploy_works_and_reloads", pass)];

/// What add-header adds in `deploy/envoy`.
const ADDED: &str = "world!";

fn main() -> ExitCode {
    suite::run_cases(&CASES, parts::missing_for_demo().as_deref())
}

fn pass() -> Result<()> {
    let (httpbin, recorder) = (Httpbin::start()?, Recorder::start()?);
    let configured = |added: &str| -> Result<Bootstrap> {
        let bootstrap = Bootstrap::default()
            .cluster("httpbin", httpbin.address())
            .cluster("recorder", recorder.address());
        deployed::filters(ADDED, added)?.into_iter().try_fold(bootstrap, |bootstrap, (name, filter)| {
            Ok(match deployed::is_http(&filter) {
                true => bootstrap.http(&name, &[filter], "httpbin"),
                false => bootstrap.tcp(&name, &[filter], "recorder"),
            })
        })
    };
    let envoy = Envoy::start_watching(&configured(ADDED)?)?;
    exchanges::each(&envoy, &recorder)?;
    metrics(&envoy)?;
    envoy.reload(&configured("again")?)?;
    exchanges::added(&envoy, "again")?;
    ensure!(envoy.reload(&configured("line\\nbreak")?).is_err(), "Envoy accepts a line break in a header");
    envoy.wait_for_log("add-header: configuration refused: response[0].value")?;
    exchanges::added(&envoy, "again")
}

/// The READMEs list the metrics that the filters define.
fn metrics(envoy: &Envoy) -> Result<()> {
    let listed = readme::all()?;
    let names: Vec<_> = listed.values().flat_map(|metrics| metrics.keys()).collect();
    let shown = scrape::of_filters(envoy)?;
    ensure!(shown.len() >= listed.len(), "only {} metrics: {shown:?}", shown.len());
    for series in shown {
        // Without tags, what READMEs list as labels is a part of the name.
        let is_listed = names.iter().any(|name| series.name.starts_with(name.as_str()));
        ensure!(is_listed && series.label_names().is_empty(), "not in a README: {series:?}");
    }
    Ok(())
}
