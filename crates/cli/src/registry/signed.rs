//! Checks who signed an image, and what they said about it.

use anyhow::{Context, Result, bail, ensure};

use super::attached::Attached;
use super::claims::SignedClaim;
use crate::signing::bundle::Bundle;
use crate::signing::claim::Claim;
use crate::signing::provenance;
use crate::signing::public::PublicKey;
use crate::signing::statement::{BILL, PROVENANCE, SIGNED, Statement};

/// Checks that a key signed the image with this digest, and returns what was checked, a line each.
///
/// # Errors
/// The key did not sign the image, or something that names the key was changed after it was signed or is about another
/// image.
pub(super) fn check(attached: &Attached, digest: &str, key: &PublicKey) -> Result<Vec<String>> {
    ensure!(
        !attached.is_unsigned(),
        "the image is not signed: `cargo proxy-filter publish --sign KEY` signs it"
    );
    let (mut passed, mut others) = (Vec::new(), 0_usize);
    let mut is_signed = false;
    for claim in &attached.claims {
        match of_claim(claim, digest, key)? {
            Some(line) => {
                passed.push(line);
                is_signed = true;
            }
            None => others = others.saturating_add(1),
        }
    }
    for bundle in &attached.bundles {
        match of_bundle(bundle, digest, key)? {
            Some(statement) => {
                is_signed |= statement.predicate_type == SIGNED;
                passed.push(described(&statement));
            }
            None => others = others.saturating_add(1),
        }
    }
    if !is_signed {
        ensure!(passed.is_empty(), "this key did not sign the image: it only made statements about it");
        bail!(
            "this key did not sign the image: {others} signatures or statements are by another key, or were changed after \
             they were signed"
        );
    }
    Ok(passed)
}

/// Describes a claim that this key signed. Claims do not name their key, so one that does not fit may be another's.
fn of_claim(signed: &SignedClaim, digest: &str, key: &PublicKey) -> Result<Option<String>> {
    if key.verify(&signed.claim, &signed.signature).is_err() {
        return Ok(None);
    }
    let claim = Claim::parse(&signed.claim)?;
    ensure!(
        claim.digest == digest,
        "this key's signature is of another image, {}@{}, and was moved here",
        claim.repository,
        claim.digest
    );
    Ok(Some(format!("this key signed the image as {}", claim.repository)))
}

/// Returns the statement of a bundle that this key signed.
fn of_bundle(bundle: &Bundle, digest: &str, key: &PublicKey) -> Result<Option<Statement>> {
    let opened = bundle.dsse_envelope.open(key);
    let statement = match opened {
        Ok(statement) => statement,
        Err(error) if bundle.hint() == Some(&key.hint()) => {
            return Err(error).context("a statement that names this key was changed after it was signed");
        }
        Err(_) => return Ok(None),
    };
    Statement::about(&statement, digest).context("a statement of this key was moved here").map(Some)
}

fn described(statement: &Statement) -> String {
    let predicate = &statement.predicate;
    match statement.predicate_type.as_str() {
        SIGNED => "this key signed the image, in a Sigstore bundle".into(),
        PROVENANCE => format!("provenance by this key: {}", provenance::described(predicate)),
        BILL => {
            let components = predicate.get("components").and_then(|components| components.as_array());
            let count = components.map_or(0, Vec::len);
            format!("bill of materials by this key: {count} components")
        }
        other => format!("statement by this key: {other}"),
    }
}
