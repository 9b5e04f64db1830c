//! `cargo proxy-filter verify`: checks that Istio, Envoy Gateway and Envoy accept an image.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::locate::ENVOY_VERSION;

use super::client::RegistryClient;
use super::{loads, reference};
use crate::envoy;
use crate::oci::check;
use crate::oci::digest::digest;
use crate::oci::layer::LARGEST_MODULE;
use crate::oci::manifest::Descriptor;
use crate::say;

/// Pulls an image, checks it against the rules of its runtimes, and loads its module in the Envoy of a project or
/// directory.
///
/// # Errors
/// The image cannot be pulled, a runtime would refuse it, or Envoy cannot be run.
pub fn run(directory: &Path, text: &str) -> Result<()> {
    let reference = reference::given(text)?;
    let registry = RegistryClient::of(&reference)?;
    let (manifest, digest_of_manifest) = registry.manifest()?;
    say!("{reference} is {digest_of_manifest}");
    let passed = |rule: &str| say!("  ok: {rule}");
    let of_image = || reference.to_string();
    let blobs = check::manifest(&manifest, &passed).with_context(of_image)?;
    let pull = |blob: &Descriptor| {
        ensure!(
            u64::try_from(blob.size).is_ok_and(|size| size <= LARGEST_MODULE),
            "{reference}: a blob has {} bytes; the limit of Istio's agent is 256 MiB",
            blob.size
        );
        registry.blob(&blob.digest).with_context(|| format!("cannot pull {reference}"))
    };
    let (config, layer) = (pull(&blobs.config)?, pull(&blobs.layer)?);
    let module = check::module(&blobs, &config, &layer, &passed).with_context(of_image)?;
    let envoy = envoy::ready(directory, ENVOY_VERSION)?;
    loads::module(&envoy, &module).with_context(of_image)?;
    passed(&format!("Envoy loads it: {}", envoy.display()));
    say!("  wasm {}, {} bytes", digest(&module), module.len());
    Ok(())
}
