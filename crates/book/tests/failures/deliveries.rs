//! Configurations of filters that are delivered on their own (ECDS), here in files that Envoy watches.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::http::Request;
use harness::scratch::Scratch;
use proxy_filter_envoy::Filter;
use serde_json::{Value, json};

use crate::plugins::{RELOAD, Row, local, plugin, seen, settled, with};
use crate::server::{Server, remote};

/// Returns the rows of new configurations.
pub(crate) fn new_configuration() -> Result<Vec<Row>> {
    let (server, scratch) = (Server::start(Duration::ZERO)?, Scratch::new("ecds")?);
    let deny =
        json!({"@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC", "rules": {}});
    let [file, fetched, missing, default] =
        ["file", "fetched", "missing", "default"].map(|name| Delivered(scratch.path().join(name)));
    let old = || plugin("old", RELOAD, &local());
    file.put(Some(old()))?;
    fetched.put(Some(old()))?;
    missing.put(None)?;
    default.put(None)?;
    let bootstrap = [("file", &file, None), ("fetched", &fetched, None), ("missing", &missing, None)]
        .into_iter()
        .chain([("default", &default, Some(&deny))])
        .fold(server.cluster(Bootstrap::default()), |bootstrap, (name, delivered, default)| {
            with(bootstrap, name, delivered.filter(name, default))
        });
    // Watching files needs an identity, which this Envoy has.
    let envoy = Envoy::start_watching(&bootstrap)?;
    let mut rows = Vec::new();
    for (situation, listener, delivered, code) in [
        ("a new configuration (ECDS), the module is a file", "file", &file, local()),
        ("a new configuration (ECDS), Envoy is to fetch the module", "fetched", &fetched, remote()?),
        ("no configuration (ECDS) at first, no default", "missing", &missing, local()),
        (
            "no configuration (ECDS) at first, a default that denies, without warming",
            "default",
            &default,
            local(),
        ),
    ] {
        let first = seen(&envoy, listener)?;
        delivered.put(Some(plugin("new", RELOAD, &code)))?;
        let end = settled(|| seen(&envoy, listener), &first)?;
        rows.push((situation, first, end));
    }
    ensure!(server.requests() == 0, "Envoy fetches the module of a new configuration");
    Ok(rows)
}

/// Returns the rows of configurations that the filter refuses.
pub(crate) fn refused_configuration() -> Result<Vec<Row>> {
    let scratch = Scratch::new("ecds")?;
    let delivered = Delivered(scratch.path().join("refused"));
    let bootstrap = with(Bootstrap::default(), "a", delivered.filter("refused", None));
    let mut refused = plugin("new", RELOAD, &local());
    refused["config"]["configuration"]["value"] = r#"{"responses": []}"#.into();
    delivered.put(Some(plugin("old", RELOAD, &local())))?;
    let envoy = Envoy::start_watching(&bootstrap)?;
    let first = seen(&envoy, "a")?;
    delivered.put(Some(refused))?;
    envoy.wait_for_log("configuration refused")?;
    // What an alert of deploy/grafana reads.
    let stats = Request::get("/stats/prometheus").send(envoy.admin())?.to_string();
    let rejected = "envoy_extension_config_discovery_http_filter_refused_update_rejected{} 1\n";
    ensure!(stats.contains(rejected), "no `{}` in\n{stats}", rejected.trim_end());
    let end = seen(&envoy, "a")?;
    let reloads = ("a new configuration (ECDS), the filter refuses it", first, end);
    let envoy = Envoy::start_watching(&bootstrap)?;
    let end = "the same, until another configuration comes".into();
    let situation = "Envoy starts, the filter refuses its configuration (ECDS)";
    Ok(vec![reloads, (situation, seen(&envoy, "a")?, end)])
}

/// A file with the configuration of a filter, which Envoy watches.
struct Delivered(PathBuf);

impl Delivered {
    fn put(&self, plugin: Option<Value>) -> Result<()> {
        let kind = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
        let name = self.0.file_name().unwrap_or_default().to_string_lossy();
        let resource = |plugin| json!({"@type": kind, "name": name, "typed_config": plugin});
        let resources: Vec<_> = plugin.map(resource).into_iter().collect();
        // Envoy notices a file that is moved into place.
        let new = self.0.with_extension("new");
        fs::write(&new, json!({"resources": resources}).to_string())?;
        Ok(fs::rename(&new, &self.0)?)
    }

    fn filter(&self, name: &str, default: Option<&Value>) -> Filter {
        let kinds = ["wasm.v3.Wasm", "rbac.v3.RBAC"]
            .map(|kind| format!("type.googleapis.com/envoy.extensions.filters.http.{kind}"));
        let source = json!({"path_config_source": {"path": self.0}, "resource_api_version": "V3"});
        let mut discovery = json!({"config_source": source, "type_urls": kinds});
        if let Some(default) = default {
            discovery["default_config"] = default.clone();
            discovery["apply_default_config_without_warming"] = true.into();
        }
        Filter::Native(json!({"name": name, "config_discovery": discovery}))
    }
}
