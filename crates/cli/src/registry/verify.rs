//! `cargo proxy-filter verify`: checks that Istio, Envoy Gateway and Envoy accept an image.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::locate::ENVOY_VERSION;

use super::attached::Attached;
use super::client::RegistryClient;
use super::place::Place;
use super::{loads, reference, signed};
use crate::envoy;
use crate::oci::check;
use crate::oci::digest::digest;
use crate::oci::layer::LARGEST_MODULE;
use crate::oci::manifest::Descriptor;
use crate::project::Project;
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
    match &key {
        Some(key) => {
            signature(&registry, &digest_of_manifest, directory, key, &passed).with_context(of_image)?;
        }
        None => unchecked(&registry, &digest_of_manifest),
    }
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

/// Checks that the key signed the image with this digest, and lists what is attached to it.
fn signature(
    registry: &RegistryClient,
    digest: &str,
    directory: &Path,
    key: &PublicKey,
    passed: &dyn Fn(&str),
) -> Result<()> {
    let attached = Attached::pull(registry, digest)?;
    // The images of projects elsewhere are verified, too. Of those only the name is known.
    let project = Project::of(directory).ok().flatten();
    let folder = project.and_then(|project| project.layout().images.clone());
    let place = Place { repository: registry.name(), folder };
    let found = signed::check(&attached, digest, &place, key)?;
    found.passed.iter().for_each(|line| passed(line));
    found.notes.iter().for_each(|line| say!("  note: {line}"));
    Ok(())
}

/// Says what is attached to the image with this digest.
fn unchecked(registry: &RegistryClient, digest: &str) {
    match Attached::pull(registry, digest) {
        Ok(attached) => attached.unchecked().iter().for_each(|line| say!("  note: {line}")),
        // Some registries refuse to list referrers. The image may be good all the same.
        Err(error) => say!("  note: cannot tell whether the image is signed: {error:#}"),
    }
}
