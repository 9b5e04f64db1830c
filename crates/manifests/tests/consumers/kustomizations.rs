//! What `kubectl apply -k` applies.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::scratch::Scratch;
use images::filters;
use manifests::folder;

use crate::content;

/// Each folder, with the module where its README has it copied to.
pub(crate) fn built() -> Result<()> {
    for name in parts::filter_names()? {
        let built = with_module(&format!("istio/envoyfilter/{name}"), &name, "plugin.wasm")?;
        ensure!(built.contains(&format!("name: {name}-wasm\n")), "the ConfigMap has another name:\n{built}");
    }
    let built = with_module("kubernetes", "rate-limit", "rate-limit.wasm")?;
    // The Deployment follows its ConfigMaps, whose names change with what is in them.
    for map in ["httpbin-envoy-", "httpbin-filters-"] {
        ensure!(built.matches(&format!("name: {map}")).count() == 2, "{map} is not named twice:\n{built}");
    }
    Ok(())
}

fn with_module(of_deploy: &str, filter: &str, module: &str) -> Result<String> {
    let scratch = Scratch::new("kustomization")?;
    for entry in fs::read_dir(folder().join(of_deploy)).with_context(|| of_deploy.to_owned())? {
        let from = entry?.path();
        fs::copy(&from, scratch.path().join(from.file_name().context("a file has a name")?))?;
    }
    let wasm = filters::built(Some(filter))?.pop().context("a filter")?.wasm;
    fs::write(scratch.path().join(module), &wasm)?;
    let built = content("kustomize", scratch.path()).with_context(|| of_deploy.to_owned())?;
    ensure!(
        built.contains(&format!("binaryData:\n  {module}: ")),
        "{of_deploy}: the module is not in a ConfigMap"
    );
    Ok(built)
}
