//! No filter is forgotten, and none is of another version.

use std::fs;

use anyhow::{Context, Result, ensure};
use images::filters::{self, VERSION};
use images::image::Image;
use manifests::{below, filled, folder};
use testbed::parts;
use testbed::scratch::Scratch;

pub(crate) fn files() -> Result<()> {
    for filter in filters::built(None)? {
        let name = &filter.name;
        let is_http = filter.is_http();
        let of_each = [
            (true, format!("envoy/{name}.yaml")),
            (true, format!("envoy/dynamic/listeners/{name}.yaml")),
            (true, format!("istio/wasmplugin/{name}.yaml")),
            (true, format!("istio/envoyfilter/{name}/envoyfilter.yaml")),
            (true, format!("istio/envoyfilter/{name}/mount.yaml")),
            (true, format!("istio/envoyfilter/{name}/kustomization.yaml")),
            (is_http, format!("envoy-gateway/{name}.yaml")),
        ];
        for (_, path) in of_each.iter().filter(|(is_due, _)| *is_due) {
            ensure!(folder().join(path).is_file(), "deploy/{path} is missing");
        }
    }
    for file in below("")? {
        let versions = file.text.lines().filter_map(|line| line.split_once("envoyproxy/envoy:v"));
        for (_, version) in versions {
            ensure!(version == parts::ENVOY_VERSION, "{} runs Envoy {version}", file.path.display());
        }
    }
    for folder in ["istio/wasmplugin", "envoy-gateway"] {
        for file in below(folder)? {
            let name = file.path.file_stem().unwrap_or_default().to_string_lossy();
            let reference = format!("registry.example.com/acme/proxy-wasm-filters/{name}:{VERSION}\n");
            ensure!(file.text.contains(&reference), "{} does not name {reference}", file.path.display());
        }
    }
    Ok(())
}

/// How many files name images: a WasmPlugin for each filter, and for those of HTTP an EnvoyExtensionPolicy.
pub(crate) fn images() -> Result<usize> {
    let filters = filters::built(None)?;
    let policies = filters.iter().filter(|filter| filter.is_http()).count();
    Ok(filters.len().saturating_add(policies))
}

pub(crate) fn filled() -> Result<()> {
    let into = Scratch::new("manifests")?;
    let written = filled::write("localhost:5000/mesh", "1.2.3", into.path())?;
    ensure!(written.len() == images()?, "{written:?}");
    for path in &written {
        let text = fs::read_to_string(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let filter = filters::built(Some(&name))?.pop().context("a filter")?;
        let digest = Image::compat(&filter)?.digest();
        let pin = format!("sha256: \"{}\"\n", digest.trim_start_matches("sha256:"));
        let reference = format!("localhost:5000/mesh/proxy-wasm-filters/{name}:1.2.3\n");
        ensure!(text.contains(&pin) && text.contains(&reference), "{}:\n{text}", path.display());
        ensure!(!text.contains("registry.example.com"), "{}:\n{text}", path.display());
    }
    Ok(())
}
