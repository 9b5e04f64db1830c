//! Runs pulled modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::project::Project;
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::httpbin::Httpbin;
use harness::recorder::{self, Recorder};
use harness::registry::Registry;
use harness::scratch::Scratch;
use serde_json::Value;

use crate::run::{skopeo, succeeds};

/// One Envoy with all modules. Another client pulls them, and `tar` unpacks them.
pub(crate) fn pulled() -> Result<()> {
    let (registry, scratch) = (Registry::start(false)?, Scratch::new("pulled")?);
    let (address, project) = (registry.address().to_string(), Project::find()?);
    let version = project.version();
    succeeds(&["publish", &address])?;
    let filter = |name: &str, configuration: &str| -> Result<Filter> {
        let reference = format!("docker://{address}/proxy-wasm-filters/{name}:{version}");
        let module = unpacked(&reference, &scratch.path().join(name))?;
        Ok(Filter::new(name, &module, configuration).named(name, name))
    };
    let http = [
        filter("rate-limit", r#"{"ttlSecond": 60, "burst": 3}"#)?,
        filter("path-rewrite", r#"{"rules": [{"prefix": "/banana", "replace": "/status"}]}"#)?,
        filter("add-header", "")?,
    ];
    let (httpbin, recorder) = (Httpbin::start()?, Recorder::start()?);
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", httpbin.address())
        .cluster("recorder", recorder.address())
        .http("http", &http, "httpbin")
        .tcp("tcp", &[filter("tcp-prepend", "")?], "recorder");
    let envoy = Envoy::start(&bootstrap)?;
    for expected in [418, 418, 418, 429] {
        let response = envoy.send("http", &Request::get("/banana/418"))?;
        ensure!(response.status == expected, "{response}");
        ensure!(expected == 429 || response.values("hello") == ["world!"], "{response}");
    }
    recorder::send(envoy.address("tcp")?, &[b"hello"], Duration::ZERO)?;
    let arrived = recorder.next()?;
    ensure!(arrived == b"prepend payload to downstream datahello", "{}", arrived.escape_ascii());
    Ok(())
}

/// Pulls an image into a directory, unpacks its layer, and returns the module's path.
fn unpacked(reference: &str, directory: &Path) -> Result<PathBuf> {
    skopeo(&["copy", "--src-tls-verify=false", reference, &format!("dir:{}", directory.display())])?;
    let manifest: Value = serde_json::from_slice(&fs::read(directory.join("manifest.json"))?)?;
    let layer = manifest["layers"][0]["digest"].as_str().context("no layer")?;
    let layer = directory.join(layer.trim_start_matches("sha256:"));
    let status = Command::new("tar").arg("--directory").arg(directory).arg("-xzf").arg(layer).status()?;
    ensure!(status.success(), "tar does not unpack the layer of {reference}");
    Ok(directory.join("plugin.wasm"))
}
