//! Loads the parts of the files that Envoy reads in a real Envoy.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter;
use cargo_proxy_filter::manifests::file::below;
use cargo_proxy_filter::manifests::pinned;
use cargo_proxy_filter::project::Project;
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::built;
use harness::deployed;
use harness::http::Request;
use harness::httpbin::Httpbin;
use harness::recorder::{self, Recorder};
use harness::transcript::expect_header;
use harness::{locate, parts};
use serde_json::Value;

use super::mounts;

/// Loads the configurations that Istio and Envoy Gateway pass to filters as JSON, in one Envoy with a listener for each
/// file.
pub(crate) fn plugins() -> Result<()> {
    let mut bootstrap = Bootstrap::default().cluster("upstream", ([127, 0, 0, 1], 1).into());
    for file in pinned::sources(&Project::find()?)? {
        let (spec, path) = (&file.document["spec"], file.path.display().to_string());
        // A TrafficExtension has the plugin's fields below `wasm`, a WasmPlugin has them in its `spec`.
        let plugin = spec.get("wasm").unwrap_or(spec);
        let plugins: Vec<_> = match plugin.as_array() {
            Some(wasm) => wasm.iter().map(|plugin| (&plugin["rootID"], &plugin["config"])).collect(),
            None => vec![(&plugin["pluginName"], &plugin["pluginConfig"])],
        };
        let filter = |(name, configuration): &(&Value, &Value)| {
            ensure!(configuration.is_object(), "deploy/{path} has no configuration");
            let name = name.as_str().with_context(|| format!("deploy/{path} names no filter"))?;
            // Envoy's log names the file.
            Ok(built::filter(name, &configuration.to_string()).named(&path, name))
        };
        let filters = plugins.iter().map(filter).collect::<Result<Vec<_>>>()?;
        bootstrap = match plugin["type"] == "NETWORK" {
            true => bootstrap.tcp(&path, &filters, "upstream"),
            false => bootstrap.http(&path, &filters, "upstream"),
        };
    }
    Envoy::start(&bootstrap)?;
    Ok(())
}

/// Runs the filter of each patch, in front of the upstream that the file is for.
pub(crate) fn patches() -> Result<()> {
    let (httpbin, recorder, project) = (Httpbin::start()?, Recorder::start()?, Project::find()?);
    let filters = filter::all(&project)?;
    let mut bootstrap =
        Bootstrap::default().cluster("httpbin", httpbin.address()).cluster("recorder", recorder.address());
    for filter in &filters {
        let inserted = [inserted(&project, filter)?];
        bootstrap = match filter.is_http() {
            true => bootstrap.http(&filter.name, &inserted, "httpbin"),
            false => bootstrap.tcp(&filter.name, &inserted, "recorder"),
        };
    }
    let envoy = Envoy::start(&bootstrap)?;
    let added = envoy.send("add-header", &Request::get("/get"))?;
    expect_header(&added, "resp-header-demo", &["added by our filter"])?;
    let edited = envoy.send("add-header-edit", &Request::get("/cookies/set/a/1"))?;
    expect_header(&edited, "set-cookie", &["a=1; Path=/; Secure; HttpOnly; SameSite=Lax"])?;
    expect_statuses(&envoy, "path-rewrite", "/banana/418", &[418])?;
    let reversed = envoy.send("path-rewrite-reverse", &Request::get("/app/cookies/set/a/1"))?;
    expect_header(&reversed, "location", &["/app/cookies"])?;
    expect_header(&reversed, "set-cookie", &["a=1; Path=/app"])?;
    expect_statuses(&envoy, "rate-limit", "/get", &[200, 200, 200, 429])?;
    expect_statuses(&envoy, "rate-limit-body", "/get", &[200, 200, 200, 200, 429])?;
    for allowed in [true, true, true, false] {
        let mut connection = TcpStream::connect(envoy.address("rate-limit-tcp")?)?;
        connection.set_read_timeout(Some(Duration::from_secs(1)))?;
        // Nobody says anything on a connection that is allowed.
        let is_closed = matches!(connection.read(&mut [0]), Ok(0));
        ensure!(is_closed != allowed, "rate-limit-tcp: closed: {is_closed}");
        drop(connection);
        if allowed {
            recorder.next()?;
        }
    }
    recorder::send(envoy.address("tcp-prepend")?, &[b"hello"], Duration::ZERO)?;
    let arrived = recorder.next()?;
    ensure!(arrived == b"prepend payload to downstream datahello", "{}", arrived.escape_ascii());
    Ok(())
}

fn expect_statuses(envoy: &Envoy, listener: &str, path: &str, expected: &[u16]) -> Result<()> {
    for status in expected {
        let response = envoy.send(listener, &Request::get(path))?;
        ensure!(response.status == *status, "{path}: expected status {status}:\n{response}");
    }
    Ok(())
}

/// Returns the filter that a patch inserts, with the path of the built module.
fn inserted(project: &Project, filter: &filter::Filter) -> Result<Filter> {
    let files = below(&project.root().join("deploy"), &format!("istio/envoyfilter/{}", filter.name))?;
    let file = files.iter().find(|file| file.document["kind"] == "EnvoyFilter").context("an EnvoyFilter")?;
    let patches = file.document["spec"]["configPatches"].as_array().context("configPatches")?;
    let [patch] = patches.as_slice() else { anyhow::bail!("{} patches", patches.len()) };
    let (kind, before) = match filter.is_http() {
        false => ("NETWORK_FILTER", "envoy.filters.network.tcp_proxy"),
        true => ("HTTP_FILTER", "envoy.filters.http.router"),
    };
    ensure!(patch["applyTo"] == kind, "{patch}");
    ensure!(patch["match"].to_string().contains(before), "the patch does not insert before {before}");
    let mut value: Value = patch["patch"]["value"].clone();
    let code = &mut value["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"];
    let mounted = mounts::of(&filter.name, &files)?;
    ensure!(*code == format!("{mounted}/plugin.wasm"), "the module is at {code}, expected in {mounted}");
    *code = parts::filter(&filter.name).display().to_string().into();
    Ok(Filter::Native(value))
}

/// Runs the complete configurations, with the ports and paths of the test.
pub(crate) fn bootstraps() -> Result<()> {
    let httpbin = Httpbin::start()?;
    let envoy = |file: &str, upstream: &str| -> Result<Envoy> {
        Envoy::start_text(&locate::envoy(), "envoy.yaml", &here(file, upstream, httpbin.address())?)
    };
    expect_statuses(&envoy("kubernetes/envoy.yaml", "localhost")?, "http", "/get", &[200, 200, 200, 429])?;
    let response = envoy("compose/envoy.yaml", "httpbin")?.send("http", &Request::get("/banana/418"))?;
    ensure!(response.status == 418, "not 418:\n{response}");
    expect_header(&response, "who-am-i", &["a wasm filter"])
}

/// Adapts a file whose upstream is `upstream`, port 80.
fn here(file: &str, upstream: &str, httpbin: SocketAddr) -> Result<String> {
    let replacements = [
        ("port_value: 9901", "port_value: 0".to_owned()),
        ("address: 0.0.0.0, port_value: 10000", "address: 127.0.0.1, port_value: 0".into()),
        (
            &format!("address: {upstream}, port_value: 80}}"),
            format!("address: localhost, port_value: {}}}", httpbin.port()),
        ),
    ];
    let replacements: Vec<_> = replacements.into_iter().map(|(from, to)| (from.to_owned(), to)).collect();
    let text = deployed::adapted(Path::new(file), &replacements)?;
    Ok(text.replace("/var/lib/envoy/filters/", &format!("{}/", parts::filters().display())))
}
