//! Runs filters as a sidecar gets them: what istiod makes of a file, with what Istio's agent makes of that, in a real Envoy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter;
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::httpbin::Httpbin;
use harness::recorder::{self, Recorder};
use harness::scratch::Scratch;
use harness::{Envoy, free_address};
use serde_json::Value;

use crate::images::{KINDS, Published};

/// A filter as Envoy gets it from the agent.
pub(crate) struct Loaded {
    pub(crate) filter: Value,
    /// What the agent logged.
    pub(crate) said: String,
    /// The folder of the module.
    _modules: Scratch,
}

impl Loaded {
    /// Loads the filter of a file. If the agent cannot pull the module, it gives Envoy another filter.
    pub(crate) fn from(file: &Path) -> Result<Self> {
        let modules = Scratch::new("agent")?;
        let output = crate::run("load", &[file, modules.path()])?;
        let said = String::from_utf8([output.stdout, output.stderr].concat())?;
        ensure!(output.status.success(), "{}: {said}", file.display());
        let json = said.lines().find(|line| line.starts_with('{')).with_context(|| said.clone())?;
        Ok(Self { filter: serde_json::from_str(json)?, said, _modules: modules })
    }

    /// Returns the path of the module, if the agent pulled it.
    pub(crate) fn module(&self) -> Option<PathBuf> {
        let path = &self.filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"];
        path.as_str().map(PathBuf::from)
    }
}

/// Each kind of file makes each filter do what the README says.
pub(crate) fn run() -> Result<()> {
    let published = Published::start()?;
    for filter in filter::all(&published.project)? {
        published.push(&filter, &Image::compat(&filter)?)?;
    }
    let (httpbin, recorder) = (Httpbin::start()?, Recorder::start()?);
    let upstreams =
        Bootstrap::default().cluster("httpbin", httpbin.address()).cluster("recorder", recorder.address());
    for kind in KINDS {
        let (mut bootstrap, mut all) = (upstreams.clone(), Vec::new());
        for name in ["add-header", "path-rewrite", "rate-limit", "tcp-prepend"] {
            let loaded = Loaded::from(&published.file(kind, name))?;
            let filters = [Filter::Native(loaded.filter.clone())];
            bootstrap = match name {
                "tcp-prepend" => bootstrap.tcp(name, &filters, "recorder"),
                _ => bootstrap.http(name, &filters, "httpbin"),
            };
            all.push(loaded);
        }
        let envoy = Envoy::start(&bootstrap)?;
        let status = |name, path| Ok::<_, anyhow::Error>(envoy.send(name, &Request::get(path))?.status);
        let hello = envoy.send("add-header", &Request::get("/get"))?.values("hello");
        ensure!(hello == ["world!"], "{kind}: add-header adds {hello:?}");
        ensure!(status("path-rewrite", "/banana/418")? == 418, "{kind}: path-rewrite does not rewrite");
        let limited = (0..4).map(|_| status("rate-limit", "/get")).collect::<Result<Vec<_>>>()?;
        ensure!(limited == [200, 200, 200, 429], "{kind}: rate-limit: {limited:?}");
        recorder::send(envoy.address("tcp-prepend")?, &[b"PING\r\n"], Duration::ZERO)?;
        let arrived = recorder.next()?;
        ensure!(arrived.starts_with(b"CLIENT REPLY SKIP\r\n"), "{kind}: {}", arrived.escape_ascii());
    }
    Ok(())
}

/// If the registry does not respond, the strategy decides between everything and nothing.
pub(crate) fn denied() -> Result<()> {
    let (project, scratch) = (Project::find()?, Scratch::new("denied")?);
    let (httpbin, recorder) = (Httpbin::start()?, Recorder::start()?);
    let mut bootstrap =
        Bootstrap::default().cluster("httpbin", httpbin.address()).cluster("recorder", recorder.address());
    let strategies = ["FAIL_CLOSE", "FAIL_RELOAD", "FAIL_OPEN"];
    for strategy in strategies {
        for name in ["add-header", "tcp-prepend"] {
            let path = project.root().join(format!("deploy/istio/trafficextension/{name}.yaml"));
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let file = scratch.path().join("file.yaml");
            let text = text.replace("registry.example.com", &free_address()?.to_string());
            fs::write(&file, text.replace("FAIL_RELOAD", strategy))?;
            let loaded = Loaded::from(&file)?;
            ensure!(loaded.said.contains("could not fetch Wasm OCI image"), "{}", loaded.said);
            let (listener, filters) = (format!("{name} {strategy}"), [Filter::Native(loaded.filter)]);
            bootstrap = match name {
                "tcp-prepend" => bootstrap.tcp(&listener, &filters, "recorder"),
                _ => bootstrap.http(&listener, &filters, "httpbin"),
            };
        }
    }
    let envoy = Envoy::start(&bootstrap)?;
    for strategy in strategies {
        let is_open = strategy == "FAIL_OPEN";
        let status = envoy.send(&format!("add-header {strategy}"), &Request::get("/get"))?.status;
        ensure!(status == if is_open { 200 } else { 403 }, "{strategy}: {status}");
        // Envoy closes a denied connection, which the client may see as an error.
        let address = envoy.address(&format!("tcp-prepend {strategy}"))?;
        let response = recorder::send(address, &[b"PING\r\n"], Duration::ZERO).unwrap_or_default();
        let expected = if is_open { recorder::RESPONSE } else { b"" };
        ensure!(response == expected, "{strategy}: {}", response.escape_ascii());
    }
    Ok(())
}
