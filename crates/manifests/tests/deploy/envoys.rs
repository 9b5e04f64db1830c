//! What of the files Envoy reads, in the real one.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::story::expect_header;
use manifests::{File, below};
use serde_json::Value;
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::http::Request;
use testbed::httpbin::Httpbin;
use testbed::parts;
use testbed::recorder::{self, Recorder};

/// The configurations that Istio and Envoy Gateway hand to filters: as JSON.
pub(crate) fn plugins() -> Result<()> {
    let mut checked = 0_usize;
    for file in ["istio/wasmplugin", "envoy-gateway"]
        .map(below)
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .iter()
        .flatten()
    {
        let name = file.path.file_stem().unwrap_or_default().to_string_lossy();
        let spec = &file.document["spec"];
        let configuration =
            if spec["pluginConfig"].is_null() { &spec["wasm"][0]["config"] } else { &spec["pluginConfig"] };
        ensure!(configuration.is_object(), "{} has no configuration", file.path.display());
        let filter = [Filter::new(&name, &configuration.to_string())];
        let bootstrap = Bootstrap::default().cluster("upstream", ([127, 0, 0, 1], 1).into());
        let bootstrap = match spec["type"] == "NETWORK" {
            true => bootstrap.tcp("listener", &filter, "upstream"),
            false => bootstrap.http("listener", &filter, "upstream"),
        };
        let output = Envoy::validate(&bootstrap)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}", file.path.display());
        checked = checked.saturating_add(1);
    }
    ensure!(checked == 7, "{checked} configurations");
    Ok(())
}

/// Each patch's filter, before the upstream that its file is for.
pub(crate) fn patches() -> Result<()> {
    let httpbin = Httpbin::start()?;
    let recorder = Recorder::start()?;
    let filter = |name: &str| -> Result<Filter> {
        let files = below(&format!("istio/envoyfilter/{name}"))?;
        let file =
            files.iter().find(|file| file.document["kind"] == "EnvoyFilter").context("an EnvoyFilter")?;
        inserted(file, name)
    };
    let http = |name: &str| -> Result<Envoy> {
        let bootstrap = Bootstrap::default().cluster("upstream", httpbin.address());
        Envoy::start(&bootstrap.http("http", &[filter(name)?], "upstream"))
    };
    let envoy = http("add-header")?;
    let response = envoy.send("http", &Request::get("/get"))?;
    expect_header(&response, "resp-header-demo", &["added by our filter"])?;
    ensure!(http("path-rewrite")?.send("http", &Request::get("/banana/418"))?.status == 418, "no teapot");
    let limited = http("rate-limit")?;
    let statuses = (0..4)
        .map(|_| Ok(limited.send("http", &Request::get("/get"))?.status))
        .collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 200, 200, 429], "{statuses:?}");
    let bootstrap = Bootstrap::default().cluster("upstream", recorder.address());
    let envoy = Envoy::start(&bootstrap.tcp("tcp", &[filter("tcp-prepend")?], "upstream"))?;
    recorder::send(envoy.address("tcp")?, &[b"hello"], Duration::ZERO)?;
    let arrived = recorder.next()?;
    ensure!(arrived == b"prepend payload to downstream datahello", "{}", arrived.escape_ascii());
    Ok(())
}

/// The filter that a patch inserts, with the module where it is here.
fn inserted(file: &File, name: &str) -> Result<Filter> {
    let patches = file.document["spec"]["configPatches"].as_array().context("configPatches")?;
    let [patch] = patches.as_slice() else { anyhow::bail!("{} patches", patches.len()) };
    let (kind, before) = match name {
        "tcp-prepend" => ("NETWORK_FILTER", "envoy.filters.network.tcp_proxy"),
        _ => ("HTTP_FILTER", "envoy.filters.http.router"),
    };
    ensure!(patch["applyTo"] == kind, "{patch}");
    ensure!(patch["match"].to_string().contains(before), "it goes before something else than {before}");
    let mut value: Value = patch["patch"]["value"].clone();
    let code = &mut value["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"];
    ensure!(*code == "/var/lib/istio-wasm/plugin.wasm", "the module is elsewhere: {code}");
    *code = parts::filter(name).display().to_string().into();
    Ok(Filter::Native(value))
}

/// Whole configurations, with ports and places of the test.
pub(crate) fn bootstraps() -> Result<()> {
    let httpbin = Httpbin::start()?;
    let envoy = |file: &str, upstream: &str| -> Result<Envoy> {
        let path = manifests::folder().join(file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Envoy::start_version(parts::ENVOY_VERSION, "envoy.yaml", &here(&text, upstream, httpbin.address())?)
    };
    let limited = envoy("kubernetes/envoy.yaml", "localhost")?;
    let statuses = (0..4)
        .map(|_| Ok(limited.send("http", &Request::get("/get"))?.status))
        .collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 200, 200, 429], "{statuses:?}");
    let response = envoy("compose/envoy.yaml", "httpbin")?.send("http", &Request::get("/banana/418"))?;
    ensure!(response.status == 418, "no teapot:\n{response}");
    expect_header(&response, "who-am-i", &["a wasm filter"])
}

fn here(text: &str, upstream: &str, httpbin: SocketAddr) -> Result<String> {
    let mut text = text.replace("/etc/envoy/filters/", &format!("{}/", parts::filters().display()));
    for (theirs, ours) in [
        ("address: 127.0.0.1, port_value: 9901".to_owned(), "address: 127.0.0.1, port_value: 0".to_owned()),
        ("address: 0.0.0.0, port_value: 10000".into(), "address: 127.0.0.1, port_value: 0".into()),
        (
            format!("address: {upstream}, port_value: 80}}"),
            format!("address: localhost, port_value: {}}}", httpbin.port()),
        ),
    ] {
        ensure!(text.matches(&theirs).count() == 1, "there is not one `{theirs}`");
        text = text.replace(&theirs, &ours);
    }
    Ok(text)
}
