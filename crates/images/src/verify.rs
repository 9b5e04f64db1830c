//! `just verify`.

use std::os::unix::process::ExitStatusExt;

use anyhow::{Context, Result, bail, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::parts;
use harness::scratch::Scratch;

use crate::consumers;
use crate::filters::is_http;
use crate::image::{Descriptor, digest};
use crate::registry::Registry;
use crate::target;

/// What Envoy says of a module that it has loaded, and that refuses its configuration.
const REFUSES_CONFIGURATION: &str = "Failed to configure base Wasm plugin";

/// What is pulled at most, in bytes: as much as Istio's agent takes.
const LARGEST_BLOB: usize = 256 << 20;

/// Pulls an image, and holds it against the rules of its consumers, up to loading it in Envoy.
///
/// # Errors
/// It cannot be pulled, would be refused by all or some, or cannot be tried: which of these is said.
pub fn verify(text: &str) -> Result<()> {
    let reference = target::given(text)?;
    let registry = Registry::of(&reference)?;
    let (manifest, digest_of_manifest) = registry.manifest()?;
    println!("{reference} is {digest_of_manifest}");
    let held = |rule: &str| println!("  holds: {rule}");
    let of_image = || reference.to_string();
    let described = consumers::described(&manifest, &held).with_context(of_image)?;
    let blob = |blob: &Descriptor| {
        ensure!(
            blob.size <= LARGEST_BLOB,
            "{reference}: a blob of {} bytes is not one of a filter",
            blob.size
        );
        registry.blob(&blob.digest).with_context(|| format!("{reference} cannot be pulled"))
    };
    let (config, layer) = (blob(&described.config)?, blob(&described.layer)?);
    let module = consumers::module(&described, &config, &layer, &held).with_context(of_image)?;
    in_envoy(&module).with_context(of_image)?;
    println!("  holds: Envoy {} loads it", parts::ENVOY_VERSION);
    println!("  wasm {}, {} bytes", digest(&module), module.len());
    Ok(())
}

/// Loads a module in the real Envoy, as a filter for HTTP or for TCP. One that wants another configuration than none
/// is loaded by then.
fn in_envoy(module: &[u8]) -> Result<()> {
    if let Some(missing) = parts::absent(parts::envoy(parts::ENVOY_VERSION), "just setup demo") {
        bail!("it cannot be tried in Envoy: {missing}");
    }
    let scratch = Scratch::new("verify")?;
    std::fs::write(scratch.path().join("plugin.wasm"), module)?;
    let path = scratch.path().join("plugin");
    let filter = [Filter::new(&path.to_string_lossy(), "").named("verified", "verified")];
    let bootstrap = Bootstrap::default().cluster("upstream", ([127, 0, 0, 1], 1).into());
    let bootstrap = match is_http(module) {
        true => bootstrap.http("listener", &filter, "upstream"),
        false => bootstrap.tcp("listener", &filter, "upstream"),
    };
    let output = Envoy::validate(&bootstrap)?;
    if let Some(signal) = output.status.signal() {
        bail!("it cannot be tried in Envoy, which was ended by signal {signal}");
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find(|line| line.contains("Wasm VM failed")).or(said.lines().last());
    ensure!(
        output.status.success() || said.contains(REFUSES_CONFIGURATION),
        "it would be refused: Envoy does not load it: {}",
        reason.unwrap_or_default()
    );
    Ok(())
}
