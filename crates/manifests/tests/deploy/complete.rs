//! No filter is forgotten, and none is of another version.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::scratch::Scratch;
use images::filters::{self, VERSION};
use images::image::{Image, sha256};
use manifests::{below, filled, folder};

/// What a ConfigMap may hold.
const LARGEST_MODULE: usize = 1 << 20;

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
        let size = filter.wasm.len();
        ensure!(size < LARGEST_MODULE, "{name} has {size} bytes, and a ConfigMap holds {LARGEST_MODULE}");
    }
    Ok(())
}

/// Of the filters, in files and in what READMEs have people type; and of Envoy.
pub(crate) fn versions() -> Result<()> {
    let (mut of_filters, mut of_envoy) = (0_usize, 0_usize);
    for (path, text) in texts()? {
        let is_here = |wanted: &str, found: &str| {
            let found = found.split([' ', '\n', '`', '"']).next().unwrap_or_default();
            ensure!(found == wanted, "deploy/{path} has {found}, and this is {wanted}");
            Ok(())
        };
        for rest in text.split("envoyproxy/envoy:v").skip(1) {
            is_here(parts::ENVOY_VERSION, rest)?;
            of_envoy = of_envoy.saturating_add(1);
        }
        for rest in text.split(&format!("{}/proxy-wasm-filters/", filled::REGISTRY)).skip(1) {
            is_here(VERSION, rest.split_once(':').unwrap_or_default().1)?;
            of_filters = of_filters.saturating_add(1);
        }
        for command in ["just publish", "just manifests"] {
            for rest in text.split(&format!("{command} {} ", filled::REGISTRY)).skip(1) {
                is_here(VERSION, rest)?;
                of_filters = of_filters.saturating_add(1);
            }
        }
    }
    ensure!(of_envoy >= 2 && of_filters >= 12, "only {of_envoy} versions of Envoy, {of_filters} of filters");
    Ok(())
}

/// Every YAML file and README, by its path.
fn texts() -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in below("")? {
        texts.push((file.path.display().to_string(), file.text));
    }
    for entry in fs::read_dir(folder())? {
        let readme = entry?.path().join("README.md");
        if readme.is_file() {
            texts.push((readme.strip_prefix(folder())?.display().to_string(), fs::read_to_string(&readme)?));
        }
    }
    Ok(texts)
}

/// Each of those that name images, with the reference and digest of each image.
pub(crate) fn filled() -> Result<()> {
    // The registry of the examples is one like any other.
    filled::write(filled::REGISTRY, VERSION, Scratch::new("manifests")?.path())?;
    let into = Scratch::new("manifests")?;
    let written = filled::write("localhost:5000/mesh", "1.2.3", into.path())?;
    ensure!(written.len() == filled::files()?.len(), "{written:?}");
    for path in &written {
        let text = fs::read_to_string(path)?;
        let named = text.matches("/proxy-wasm-filters/").count();
        let is_several = path.ends_with("several.yaml");
        ensure!(named == if is_several { 2 } else { 1 }, "{} names {named} images", path.display());
        for rest in text.split("localhost:5000/mesh/proxy-wasm-filters/").skip(1) {
            let (name, rest) = rest.split_once(":1.2.3\n").context("another tag")?;
            let filter = filters::built(Some(name))?.pop().context("a filter")?;
            let pin = format!("sha256: \"{}\"\n", sha256(&Image::compat(&filter)?.manifest));
            ensure!(rest.trim_start().starts_with(&pin), "{}:\n{text}", path.display());
        }
    }
    Ok(())
}
