//! Decodes files strictly and validates them like `istioctl validate`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::manifests::file::below;
use cargo_proxy_filter::manifests::pinned;
use cargo_proxy_filter::project::Project;
use harness::scratch::Scratch;

use crate::{run, succeeds};

/// Istio's warning for every EnvoyFilter.
const OF_ENVOY_FILTERS: &str = "warning: EnvoyFilter exposes internal implementation details";

/// Checks the files of `deploy/`, and those that `just manifests` writes.
pub(crate) fn accepted() -> Result<()> {
    let (project, mut checked) = (Project::find()?, 0_usize);
    let deploy = project.root().join("deploy");
    for file in below(&deploy, "istio")?.into_iter().chain(below(&deploy, "envoy-gateway")?) {
        let warning = match file.document["kind"].as_str() {
            Some("EnvoyFilter") => OF_ENVOY_FILTERS,
            Some("TrafficExtension" | "WasmPlugin" | "EnvoyExtensionPolicy") => "",
            _ => continue,
        };
        is_accepted(&deploy.join(&file.path), warning)?;
        checked = checked.saturating_add(1);
    }
    is_accepted(&deploy.join("grafana/istio.yaml"), OF_ENVOY_FILTERS)?;
    is_accepted(&deploy.join("grafana/envoy-gateway.yaml"), "")?;
    let scratch = Scratch::new("manifests")?;
    let files = pinned::files(&project, "registry.example.com/mesh", "1.2.3")?;
    let written = pinned::write(&files, scratch.path())?;
    written.iter().try_for_each(|path| is_accepted(path, ""))?;
    let filters = project.filter_names().len();
    let expected = written.len().saturating_add(filters);
    ensure!(checked == expected, "{checked} files of deploy/ were checked, not {expected}");
    Ok(())
}

fn is_accepted(path: &Path, warning: &str) -> Result<()> {
    let said = succeeds("validate", path)?;
    ensure!(said.starts_with(warning) && said.is_empty() == warning.is_empty(), "{}: {said}", path.display());
    Ok(())
}

pub(crate) fn misspelt() -> Result<()> {
    let (project, scratch) = (Project::find()?, Scratch::new("misspelt")?);
    for (file, right, wrong, expected) in [
        ("istio/wasmplugin/add-header.yaml", "pluginName:", "pluginname:", "unknown field \"pluginname\""),
        (
            "istio/trafficextension/add-header.yaml",
            "pluginName:",
            "pluginname:",
            "unknown field \"pluginname\"",
        ),
        ("istio/trafficextension/add-header.yaml", "  wasm:", "  lua:", "unknown field"),
        ("istio/trafficextension/add-header.yaml", "phase: AUTHZ", "phase: AUTHX", "unknown value"),
        ("istio/trafficextension/add-header.yaml", "FAIL_RELOAD", "FAIL_RELOADED", "unknown value"),
        ("istio/wasmplugin/add-header.yaml", "phase: AUTHZ", "phase: AUTHX", "unknown value"),
        ("istio/wasmplugin/add-header.yaml", "phase: AUTHZ", "sha256: abc", "must be 64 characters long"),
        ("istio/envoyfilter/add-header/envoyfilter.yaml", "root_id:", "rootid:", "unknown field \"rootid\""),
        (
            "istio/envoyfilter/add-header/envoyfilter.yaml",
            "configPatches:",
            "patches:",
            "unknown field \"patches\"",
        ),
        ("envoy-gateway/add-header.yaml", "rootID:", "rootId:", "unknown field \"spec.wasm[0].rootId\""),
        ("grafana/envoy-gateway.yaml", "bootstrap:", "bootStrap:", "unknown field \"spec.bootStrap\""),
    ] {
        let text = fs::read_to_string(project.root().join("deploy").join(file)).context(file)?;
        ensure!(text.matches(right).count() == 1, "{file} does not have `{right}` exactly once");
        let path = scratch.path().join("misspelt.yaml");
        fs::write(&path, text.replace(right, wrong))?;
        let output = run("validate", &[&path])?;
        let said = String::from_utf8([output.stdout, output.stderr].concat())?;
        ensure!(said.contains(expected), "{file}, {wrong}: {said}");
    }
    Ok(())
}
