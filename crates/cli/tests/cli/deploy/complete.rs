//! Checks that every filter has all its files, and that they name the current versions.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter::{self, Filter};
use cargo_proxy_filter::manifests::file::below;
use cargo_proxy_filter::manifests::pinned::{self, PLACEHOLDER};
use cargo_proxy_filter::new::Kind;
use cargo_proxy_filter::oci::digest::sha256;
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use harness::locate::ENVOY_VERSIONS;
use harness::parts;

/// The largest module that a ConfigMap holds, in bytes.
const LARGEST_MODULE: usize = 1 << 20;

/// Checks that every filter has the files of `deploy/` that `new` writes.
pub(crate) fn files() -> Result<()> {
    let project = Project::find()?;
    for filter in filter::all(&project)? {
        let name = &filter.name;
        let kind = if filter.is_http() { Kind::Http } else { Kind::Tcp };
        for (_, file) in kind.deploy_files(name) {
            let file = project.root().join("deploy").join(file);
            ensure!(file.is_file(), "{} is missing: `just new` creates an example", file.display());
        }
        let size = filter.wasm.len();
        ensure!(size < LARGEST_MODULE, "{name} has {size} bytes, and a ConfigMap holds {LARGEST_MODULE}");
    }
    Ok(())
}

/// Checks the versions of filters and Envoy, in files and in the commands of READMEs.
pub(crate) fn versions() -> Result<()> {
    let project = Project::find()?;
    let (mut of_filters, mut of_envoy) = (0_usize, 0_usize);
    for (path, text) in texts(&project)? {
        let is_current = |expected: &str, found: &str| {
            let found = found.split([' ', '\n', '`', '"']).next().unwrap_or_default();
            ensure!(found == expected, "deploy/{path} has version {found}, expected {expected}");
            Ok(())
        };
        for rest in text.split("envoyproxy/envoy:v").skip(1) {
            is_current(parts::ENVOY_VERSION, rest)?;
            of_envoy = of_envoy.saturating_add(1);
        }
        for rest in text.split(&format!("{PLACEHOLDER}/proxy-wasm-filters/")).skip(1) {
            is_current(project.version(), rest.split_once(':').unwrap_or_default().1)?;
            of_filters = of_filters.saturating_add(1);
        }
        for command in ["just publish", "just manifests"] {
            for rest in text.split(&format!("{command} {PLACEHOLDER} ")).skip(1) {
                is_current(project.version(), rest)?;
                of_filters = of_filters.saturating_add(1);
            }
        }
    }
    let tested = format!("| Envoy | {} |", ENVOY_VERSIONS.join(", "));
    for page in ["README.md", "docs/src/deploy-safely.md"] {
        let text = fs::read_to_string(project.root().join(page))?;
        ensure!(text.contains(&tested), "{page} does not say which versions are tested: `{tested}`");
    }
    ensure!(of_envoy >= 2 && of_filters >= 12, "only {of_envoy} versions of Envoy, {of_filters} of filters");
    Ok(())
}

/// Reads every YAML file and README of `deploy/`, by its path.
fn texts(project: &Project) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in below(&project.root().join("deploy"), "")? {
        texts.push((file.path.display().to_string(), file.text));
    }
    let deploy = project.root().join("deploy");
    for entry in fs::read_dir(&deploy)? {
        let readme = entry?.path().join("README.md");
        if readme.is_file() {
            texts.push((readme.strip_prefix(&deploy)?.display().to_string(), fs::read_to_string(&readme)?));
        }
    }
    Ok(texts)
}

/// Checks that every file that refers to images has the reference and the digest of each.
pub(crate) fn pinned() -> Result<()> {
    let project = Project::find()?;
    // The placeholder is a registry like any other.
    pinned::files(&project, PLACEHOLDER, project.version())?;
    let files = pinned::files(&project, "localhost:5000/mesh", "1.2.3")?;
    ensure!(files.len() == pinned::sources(&project)?.len(), "{files:?}");
    let pin = |filter: Filter| Ok((filter.name.clone(), sha256(&Image::compat(&filter)?.manifest)));
    let pins = filter::all(&project)?.into_iter().map(pin).collect::<Result<BTreeMap<_, _>>>()?;
    for pinned::PinnedFile { path, text } in &files {
        let named = text.matches("/proxy-wasm-filters/").count();
        let is_several = path.ends_with("several.yaml");
        ensure!(named == if is_several { 2 } else { 1 }, "{} names {named} images", path.display());
        for rest in text.split("localhost:5000/mesh/proxy-wasm-filters/").skip(1) {
            let (name, rest) = rest.split_once(":1.2.3\n").context("another tag")?;
            let pin = format!("sha256: \"{}\"\n", pins.get(name).context("no such filter")?);
            ensure!(rest.trim_start().starts_with(&pin), "{}:\n{text}", path.display());
        }
    }
    Ok(())
}
