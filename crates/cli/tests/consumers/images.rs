//! Pulls images with Istio's agent, for the files that `just manifests` writes.

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

use crate::sidecars::Loaded;

const TAG: &str = "1.2.3";

/// The kinds of files that name an image, by their directories in `deploy/istio/`.
pub(crate) const KINDS: [&str; 2] = ["trafficextension", "wasmplugin"];

/// A registry, and files with its references.
pub(crate) struct Published {
    pub(crate) project: Project,
    registry: Registry,
    manifests: Scratch,
}

impl Published {
    pub(crate) fn start() -> Result<Self> {
        let project = Project::find()?;
        let (registry, manifests) = (Registry::start(false)?, Scratch::new("manifests")?);
        let files = pinned::files(&project, &registry.address().to_string(), TAG)?;
        pinned::write(&files, manifests.path())?;
        Ok(Self { project, registry, manifests })
    }

    /// Pushes an image to the reference of the filter's files.
    pub(crate) fn push(&self, filter: &Filter, image: &Image) -> Result<()> {
        let reference = reference::of_image(&self.registry.address().to_string(), &filter.image, TAG)?;
        RegistryClient::of(&reference)?.push(image, &|_| {})?;
        Ok(())
    }

    /// Returns the filter's file of a kind.
    pub(crate) fn file(&self, kind: &str, filter: &str) -> PathBuf {
        self.manifests.path().join(format!("istio/{kind}/{filter}.yaml"))
    }
}

/// The agent accepts the pinned digest, and finds the built module. Both kinds of files lead to the same configuration of
/// Envoy, but for the name.
pub(crate) fn pulled() -> Result<()> {
    let published = Published::start()?;
    for filter in filter::all(&published.project)? {
        published.push(&filter, &Image::compat(&filter)?)?;
        let mut configurations = Vec::new();
        for kind in KINDS {
            let loaded = Loaded::from(&published.file(kind, &filter.name))?;
            let module = loaded.module().with_context(|| format!("no module: {}", loaded.said))?;
            let expected = digest(&filter.wasm);
            ensure!(digest(&fs::read(&module)?) == expected, "{} is not {}", module.display(), filter.name);
            let mut configuration = loaded.filter["typed_config"]["config"].clone();
            ensure!(configuration["failure_policy"] == "FAIL_RELOAD", "{configuration}");
            // Statistics have this name.
            let marker = if kind == "wasmplugin" { "~istio-translated-wasmplugin" } else { "" };
            let named = format!("default.{}{marker}", filter.name);
            ensure!(configuration["name"].take() == named, "{kind}: not named {named}");
            configuration["vm_config"]["code"].take();
            configurations.push(configuration);
        }
        ensure!(configurations.windows(2).all(|pair| pair[0] == pair[1]), "{configurations:#?}");
    }
    Ok(())
}

/// The agent refuses an image that is not the pinned one, and a Wasm artifact.
pub(crate) fn refused() -> Result<()> {
    let published = Published::start()?;
    let filter = filter::built(&published.project, &["add-header"])?.pop().context("a filter")?;
    let other = Filter { wasm: b"\0asm\x01\0\0\0".into(), ..filter.clone() };
    for kind in KINDS {
        let file = published.file(kind, &filter.name);
        let is_refused = |image: &Image, because: &str| -> Result<()> {
            published.push(&filter, image)?;
            let loaded = Loaded::from(&file)?;
            ensure!(loaded.module().is_none() && loaded.said.contains(because), "{}", loaded.said);
            Ok(())
        };
        is_refused(&Image::compat(&other)?, "which does not match")?;
        let text = fs::read_to_string(&file)?;
        let unpinned = text.lines().filter(|line| !line.contains("sha256:")).collect::<Vec<_>>();
        fs::write(&file, unpinned.join("\n"))?;
        is_refused(&Image::artifact(&filter)?, "the given image is in invalid format")?;
    }
    Ok(())
}
