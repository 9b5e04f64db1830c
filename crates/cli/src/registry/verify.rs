//! `cargo proxy-filter verify`: checks that Istio, Envoy Gateway and Envoy accept an image.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::locate::ENVOY_VERSION;

use super::attached::Attached;
use super::client::RegistryClient;
use super::{loads, reference, signed};
use crate::envoy;
use crate::oci::check;
use crate::oci::digest::digest;
use crate::oci::layer::LARGEST_MODULE;
use crate::oci::manifest::Descriptor;
use crate::say;
use crate::signing::public::PublicKey;

/// Pulls an image, checks that `key` signed it, checks it against the rules of its runtimes, and loads its module in the Envoy of a
/// project or directory. Without a key, only says whether the image is signed.
///
/// # Errors
/// The image cannot be pulled, the key did not sign it, a runtime would refuse it, or Envoy cannot be run.
pub fn run(directory: &Path, text: &str, key: Option<&Path>) -> Result<()> {
    let reference = reference::given(text)?;
    let key = key.map(PublicKey::read).transpose()?;
    let registry = RegistryClient::of(&reference)?;
    let (manifest, digest_of_manifest) = registry.manifest()?;
    say!("{reference} is {digest_of_manifest}");
    let passed = |rule: &str| say!("  ok: {rule}");
    let of_image = || reference.to_string();
    // First, so that nothing else is read of an image that somebody else made.
    signature(&registry, &digest_of_manifest, key.as_ref(), &passed).with_context(of_image)?;
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

/// Checks that the key signed the image with this digest, or without a key says what was found.
fn signature(
    registry: &RegistryClient,
    digest: &str,
    key: Option<&PublicKey>,
    passed: &dyn Fn(&str),
) -> Result<()> {
    let attached = Attached::pull(registry, digest);
    let Some(key) = key else {
        match attached {
            Ok(attached) => attached.unchecked().iter().for_each(|line| say!("  note: {line}")),
            // Some registries refuse to list referrers. The image may be good all the same.
            Err(error) => say!("  note: cannot tell whether the image is signed: {error:#}"),
        }
        return Ok(());
    };
    let attached = attached?;
    signed::check(&attached, digest, key)?.iter().for_each(|line| passed(line));
    attached.damaged.iter().for_each(|what| say!("  note: ignored a bundle: {what}"));
    Ok(())
}
