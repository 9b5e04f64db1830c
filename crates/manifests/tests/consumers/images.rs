//! Images, as Istio's agent pulls them for the WasmPlugins that `just manifests` writes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::registry::Registry;
use harness::scratch::Scratch;
use images::filters::{self, Filter};
use images::image::{Image, digest};
use images::registry::Registry as Client;
use images::target;
use manifests::filled;

use crate::{content, run};

const TAG: &str = "1.2.3";

/// A registry, and the WasmPlugins for it.
struct Published {
    registry: Registry,
    manifests: Scratch,
}

impl Published {
    fn start() -> Result<Self> {
        let (registry, manifests) = (Registry::start(false)?, Scratch::new("manifests")?);
        filled::write(&registry.address().to_string(), TAG, manifests.path())?;
        Ok(Self { registry, manifests })
    }

    /// Pushes an image where the filter's plugin expects one, and returns that.
    fn push(&self, filter: &Filter, image: &Image) -> Result<String> {
        let reference = target::reference(&self.registry.address().to_string(), &filter.name, TAG)?;
        Client::of(&reference)?.push(image, &|_| {})?;
        Ok(reference.to_string())
    }

    fn plugin(&self, filter: &Filter) -> PathBuf {
        self.manifests.path().join(format!("istio/wasmplugin/{}.yaml", filter.name))
    }
}

/// The agent accepts the digest that a plugin pins, and finds the module that was built.
pub(crate) fn pulled() -> Result<()> {
    let published = Published::start()?;
    for filter in filters::built(None)? {
        let reference = published.push(&filter, &Image::compat(&filter)?)?;
        let said = content("pull", published.plugin(&filter))?;
        let expected = format!("{reference} has {}\n", digest(&filter.wasm));
        ensure!(said.ends_with(&expected), "{}: {said}, not {expected}", filter.name);
    }
    Ok(())
}

/// Another image than the one that is pinned, and the form for other runtimes.
pub(crate) fn refused() -> Result<()> {
    let published = Published::start()?;
    let filter = filters::built(Some("add-header"))?.pop().context("a filter")?;
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
