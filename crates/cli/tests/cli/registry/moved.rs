//! Signed images in another place than where they were signed: `verify --key` refuses one that stands for another, and names a mirror.

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::referrer;
use cargo_proxy_filter::signing::bundle::Bundle;
use cargo_proxy_filter::signing::claim::Claim;
use cargo_proxy_filter::signing::statement::{Statement, Subject};

use super::IMAGE;
use super::forged::Forger;
use super::signed::Signed;
use crate::run::{fails, skopeo, succeeds};

/// Copies an image and its claims to another repository of the registry, as anyone who can push there can.
fn copy(signed: &Signed, from: &str, to: &str) -> Result<()> {
    let at = |repository: &str, tag: &str| format!("docker://{}/{repository}:{tag}", signed.address());
    let raw = skopeo(&["inspect", "--tls-verify=false", "--raw", &at(from, "main")])?;
    for tag in ["main", &(referrer::tag(&digest(&raw)) + ".sig")] {
        let flags = ["--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
        skopeo(&[&["copy"], flags.as_slice(), &[&at(from, tag), &at(to, tag)]].concat())?;
    }
    Ok(())
}

/// Publishes a signed image, copies it, and verifies the copy.
fn verified(from: &str, to: &str, expected: &str, is_refused: bool) -> Result<()> {
    let signed = Signed::start()?;
    let (address, key) = (signed.address(), signed.file("own.key"));
    let name = from.rsplit('/').next().unwrap_or_default();
    succeeds(&["publish", &address, "main", "-p", name, "--sign", &key])?;
    copy(&signed, from, to)?;
    let (copied, public) = (format!("{address}/{to}:main"), signed.file("own.pub"));
    let arguments = ["verify", &copied, "--key", &public];
    let expected = expected.replace("ADDRESS", &address);
    match is_refused {
        true => fails(&arguments, &expected).map(drop),
        false => {
            let said = succeeds(&arguments)?;
            ensure!(said.contains(&expected), "not `{expected}`: {said}");
            Ok(())
        }
    }
}

/// The signature of one filter's image does not make it another filter's.
pub(crate) fn swapped() -> Result<()> {
    let expected = "ADDRESS/proxy-wasm-filters/add-header:main: this key signed the image as ADDRESS/proxy-wasm-filters/rate-limit, \
                    not as proxy-wasm-filters/add-header: it stands in another image's place";
    verified("proxy-wasm-filters/rate-limit", IMAGE, expected, true)
}

/// A mirror has another registry or account, and may leave out the folder.
pub(crate) fn mirrored() -> Result<()> {
    for to in ["mirror/proxy-wasm-filters/add-header", "mirror/add-header"] {
        let expected = format!(
            "  note: this key signed the image as ADDRESS/{IMAGE}, and ADDRESS/{to} is a mirror of that\n"
        );
        verified(IMAGE, to, &expected, false).context(to)?;
    }
    Ok(())
}

/// Bundles name their image, too. cosign's do not, and name nothing else either.
pub(crate) fn in_bundles() -> Result<()> {
    let attach = |forger: &Forger, name: &str| {
        let statement = Statement::signed(Subject::new(name, &digest(&forger.image))).to_bytes()?;
        forger.bundle(serde_json::to_vec(&Bundle::sign(&statement, &forger.key)?)?)
    };
    let verify = |forger: &Forger| {
        succeeds(&["verify", &forger.signed.reference("main"), "--key", &forger.signed.file("own.pub")])
    };
    let forger = Forger::start()?;
    attach(&forger, "")?;
    let said = verify(&forger)?;
    ensure!(said.contains("  note: the signature names no image: compare the digest"), "{said}");

    // The name counts, wherever else the image is signed without one.
    attach(&forger, "r.example/proxy-wasm-filters/rate-limit")?;
    forger.refused("this key signed the image as r.example/proxy-wasm-filters/rate-limit, not as")?;
    // The project has a folder for its images, so this is another project's.
    attach(&forger, "r.example/acme/add-header")?;
    forger.refused("image as r.example/acme/add-header or ")?;

    // Who signs an image under two names means both. Some tools add the tag.
    let claim =
        Claim { repository: format!("{}/{IMAGE}:main", forger.signed.address()), ..forger.of_image() };
    let claim = claim.to_bytes()?;
    forger.claim(&claim, &forger.key.sign(&claim)?)?;
    let said = verify(&forger)?;
    ensure!(!said.contains("is a mirror of that"), "{said}");
    Ok(())
}
