//! Pulls images with Istio's agent, for the WasmPlugins that `just manifests` writes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter::{self, Filter};
use cargo_proxy_filter::manifests::pinned;
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::registry::client::RegistryClient;
use cargo_proxy_filter::registry::reference;
use harness::registry::Registry;
use harness::scratch::Scratch;

use crate::{run, succeeds};

const TAG: &str = "1.2.3";

/// A registry, and WasmPlugins with its references.
struct Published {
    project: Project,
    registry: Registry,
    manifests: Scratch,
}

impl Published {
    fn start() -> Result<Self> {
        let project = Project::find()?;
        let (registry, manifests) = (Registry::start(false)?, Scratch::new("manifests")?);
        let files = pinned::files(&project, &registry.address().to_string(), TAG)?;
        pinned::write(&files, manifests.path())?;
        Ok(Self { project, registry, manifests })
    }

    /// Pushes an image to the reference of the filter's WasmPlugin, and returns the reference.
    fn push(&self, filter: &Filter, image: &Image) -> Result<String> {
        let reference = reference::of_image(&self.registry.address().to_string(), &filter.image, TAG)?;
        RegistryClient::of(&reference)?.push(image, &|_| {})?;
        Ok(reference.to_string())
    }

    fn plugin(&self, filter: &Filter) -> PathBuf {
        self.manifests.path().join(format!("istio/wasmplugin/{}.yaml", filter.name))
    }
}

/// The agent accepts the pinned digest, and finds the built module.
pub(crate) fn pulled() -> Result<()> {
    let published = Published::start()?;
    for filter in filter::all(&published.project)? {
        let reference = published.push(&filter, &Image::compat(&filter)?)?;
        let said = succeeds("pull", published.plugin(&filter))?;
        let expected = format!("{reference} has {}\n", digest(&filter.wasm));
        ensure!(said.ends_with(&expected), "{}: {said}, not {expected}", filter.name);
    }
    Ok(())
}

/// The agent refuses an image that is not the pinned one, and a Wasm artifact.
pub(crate) fn refused() -> Result<()> {
    let published = Published::start()?;
    let filter = filter::built(&published.project, &["add-header"])?.pop().context("a filter")?;
    let other = Filter { wasm: b"\0asm\x01\0\0\0".into(), ..filter.clone() };
    let plugin = published.plugin(&filter);
    let is_refused = |image: &Image, because: &str| -> Result<()> {
        published.push(&filter, image)?;
        let output = run("pull", &plugin)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success() && said.contains(because), "{said}");
        Ok(())
    };
    is_refused(&Image::compat(&other)?, "which does not match")?;
    let text = fs::read_to_string(&plugin)?;
    let unpinned = text.lines().filter(|line| !line.contains("sha256:")).collect::<Vec<_>>();
    fs::write(&plugin, unpinned.join("\n"))?;
    is_refused(&Image::artifact(&filter)?, "the given image is in invalid format")
}
