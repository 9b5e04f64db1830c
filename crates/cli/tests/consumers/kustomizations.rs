//! The resources that `kubectl apply -k` applies.

use std::fs;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter;
use cargo_proxy_filter::project::Project;
use harness::scratch::Scratch;

use crate::succeeds;

/// Builds each directory, with the module copied to where its README says.
pub(crate) fn built() -> Result<()> {
    let project = Project::find()?;
    for name in project.filter_names() {
        let built = with_module(&project, &format!("istio/envoyfilter/{name}"), name, "plugin.wasm")?;
        ensure!(built.contains(&format!("name: {name}-wasm\n")), "the ConfigMap has another name:\n{built}");
    }
    let built = with_module(&project, "kubernetes", "rate-limit", "rate-limit.wasm")?;
    // A ConfigMap's name changes with its content, and the Deployment has to follow.
    for map in ["httpbin-envoy-", "httpbin-filters-"] {
        ensure!(built.matches(&format!("name: {map}")).count() == 2, "{map} is not named twice:\n{built}");
    }
    Ok(())
}

fn with_module(project: &Project, of_deploy: &str, filter: &str, module: &str) -> Result<String> {
    let scratch = Scratch::new("kustomization")?;
    for entry in
        fs::read_dir(project.root().join("deploy").join(of_deploy)).with_context(|| of_deploy.to_owned())?
    {
        let from = entry?.path();
        fs::copy(&from, scratch.path().join(from.file_name().context("no file name")?))?;
    }
    let wasm = filter::built(project, &[filter])?.pop().context("no filter")?.wasm;
    fs::write(scratch.path().join(module), &wasm)?;
    let built = succeeds("kustomize", scratch.path()).with_context(|| of_deploy.to_owned())?;
    ensure!(
        built.contains(&format!("binaryData:\n  {module}: ")),
        "{of_deploy}: the module is not in a ConfigMap"
    );
    Ok(built)
}
