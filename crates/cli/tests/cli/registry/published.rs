//! Published images hold the built modules.

use std::fs;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::{layer, media_type};
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::registry::reference;
use harness::parts;
use harness::registry::Registry;
use harness::scratch::Scratch;
use serde_json::Value;

use crate::run::{skopeo, succeeds};

pub(crate) fn read_back() -> Result<()> {
    let registry = Registry::start(false)?;
    let (root, project) = (format!("{}/acme", registry.address()), Project::find()?);
    let version = project.version();
    let said = succeeds(&["publish", &root])?;
    for filter in &parts::filter_names()? {
        let built = fs::read(parts::filter(filter))?;
        let repository = format!("{root}/proxy-wasm-filters/{filter}");
        for tag in reference::tags(version)? {
            let reference = format!("docker://{repository}:{tag}");
            let manifest = skopeo(&["inspect", "--tls-verify=false", "--raw", &reference])?;
            ensure!(
                said.contains(&format!("{repository}:{tag}\n")),
                "{repository}:{tag} is not shown:\n{said}"
            );
            ensure!(
                said.contains(&format!("pushed: {}\n", digest(&manifest))),
                "another digest of {filter}:\n{said}"
            );
            ensure!(said.contains(&format!("wasm {}, {} bytes\n", digest(&built), built.len())), "{said}");
        }
        let directory = Scratch::new(&format!("skopeo-{filter}"))?;
        let copy = directory.path().join("copy");
        let to = format!("dir:{}", copy.display());
        skopeo(&["copy", "--src-tls-verify=false", &format!("docker://{repository}:{version}"), &to])?;
        let manifest: Value = serde_json::from_slice(&fs::read(copy.join("manifest.json"))?)?;
        let annotations = &manifest["annotations"];
        ensure!(annotations["module.wasm.image/variant"] == "compat", "{annotations}");
        ensure!(annotations["org.opencontainers.image.title"] == filter.as_str(), "{annotations}");
        let layer = manifest["layers"][0]["digest"].as_str().context("no layer")?;
        let layer = fs::read(copy.join(layer.trim_start_matches("sha256:")))?;
        ensure!(layer::module(&layer)?.0 == built, "{filter}: the layer contains another module");
        // The Wasm artifact has a tag of its own.
        let reference = format!("docker://{repository}:{version}-wasm");
        let artifact = skopeo(&["inspect", "--tls-verify=false", "--raw", &reference])?;
        let artifact: Value = serde_json::from_slice(&artifact)?;
        ensure!(artifact["config"]["mediaType"] == media_type::WASM_CONFIG, "{artifact}");
        ensure!(artifact["layers"][0]["mediaType"] == media_type::WASM, "{artifact}");
        ensure!(artifact["layers"][0]["digest"] == digest(&built), "{artifact}");
        // Every known runtime accepts the image.
        let verified = succeeds(&["verify", &format!("{repository}:{version}")])?;
        ensure!(verified.matches("  ok: ").count() == 7, "{verified}");
    }
    Ok(())
}

/// Verifies a manifest in Docker's format, which another client makes from ours.
pub(crate) fn dockers() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    succeeds(&["publish", &address, "main", "-p", "add-header"])?;
    let reference = |tag| format!("{address}/proxy-wasm-filters/add-header:{tag}");
    let [from, to] = ["main", "docker"].map(|tag| format!("docker://{}", reference(tag)));
    skopeo(&["copy", "--format=v2s2", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to])?;
    let verified = succeeds(&["verify", &reference("docker")])?;
    ensure!(verified.contains("one layer of type application/vnd.docker.image.rootfs.diff"), "{verified}");
    Ok(())
}

pub(crate) fn again() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    let first = succeeds(&["publish", &address, "main", "-p", "add-header"])?;
    ensure!(first.matches(": sending ").count() == 4, "{first}");
    let second = succeeds(&["publish", &address, "main", "-p", "add-header"])?;
    ensure!(second.matches("already there: sha256:").count() == 2, "{second}");
    ensure!(!second.contains("sending"), "{second}");
    // For another tag only the manifest is sent.
    let other = succeeds(&["publish", &address, "other", "-p", "add-header"])?;
    ensure!(
        other.matches("bytes already there").count() == 4 && other.matches("pushed: ").count() == 2,
        "{other}"
    );
    Ok(())
}

pub(crate) fn dry_run() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    let said = succeeds(&["publish", &address, "main", "-p", "add-header", "--dry-run"])?;
    ensure!(said.matches("would push: sha256:").count() == 2, "{said}");
    let reference = format!("docker://{address}/proxy-wasm-filters/add-header:main");
    let missing = skopeo(&["inspect", "--tls-verify=false", &reference]).err().context("it was pushed")?;
    ensure!(missing.to_string().contains("unknown"), "{missing}");
    Ok(())
}

pub(crate) fn packed() -> Result<()> {
    let (said, project) = (succeeds(&["pack"])?, Project::find()?);
    for filter in &parts::filter_names()? {
        let directory = parts::root().join("target/oci").join(filter);
        let manifest =
            skopeo(&["inspect", "--raw", &format!("oci:{}:{}", directory.display(), project.version())])?;
        ensure!(said.contains(&format!("{filter} {} in ", digest(&manifest))), "{said}");
    }
    Ok(())
}

pub(crate) fn specialized() -> Result<()> {
    let (registry, directory) = (Registry::start(false)?, Scratch::new("specialized-image")?);
    let (root, version) = (format!("{}/acme", registry.address()), Project::find()?.version().to_owned());
    let (configuration, module) = (directory.path().join("edge.json"), directory.path().join("edge.wasm"));
    fs::write(&configuration, r#"{"response": [{"name": "hello", "value": "edge"}]}"#)?;
    let (configuration, module) = (configuration.to_string_lossy(), module.to_string_lossy());
    succeeds(&["specialize", "-p", "add-header", &configuration, "--output", &module])?;
    let said = succeeds(&["publish", &root, &version, "--module", &module, "--name", "add-header-edge"])?;
    let repository = format!("{root}/proxy-wasm-filters/add-header-edge");
    ensure!(said.contains(&format!("{repository}:{version}\n")), "{said}");
    ensure!(!said.contains("/add-header:"), "the filter is published too:\n{said}");
    succeeds(&["verify", &format!("{repository}:{version}")])?;
    Ok(())
}
