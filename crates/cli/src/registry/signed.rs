//! Checks who signed an image, and what they said about it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::attached::Attached;
use super::claims::SignedClaim;
use super::place::{Place, Signed};
use crate::signing::bundle::Bundle;
use crate::signing::claim::Claim;
use crate::signing::provenance;
use crate::signing::public::PublicKey;
use crate::signing::statement::{BILL, PROVENANCE, SIGNED, Statement};

/// The beginning of the types of all versions of provenance: other tools may write another than this one.
const PROVENANCES: &str = "https://slsa.dev/provenance/";

/// What a check found, a line each.
#[derive(Debug)]
pub(super) struct Found {
    /// What was checked.
    pub(super) passed: Vec<String>,
    /// What was not, and what is missing.
    pub(super) notes: Vec<String>,
}

/// What a key signed about an image.
struct Own {
    claims: Vec<Claim>,
    statements: Vec<Statement>,
}

/// Checks that a key signed the image with this digest, which is read in this place.
///
/// # Errors
/// The key did not sign the image, or signed it as another one; something that names the key was changed after it was
/// signed or is about another image; or an attached bill of materials is not the one that the key signed.
pub(super) fn check(attached: &Attached, digest: &str, place: &Place, key: &PublicKey) -> Result<Found> {
    let Own { claims, statements } = own(attached, digest, key)?;
    let signatures = statements.iter().filter(|statement| statement.predicate_type == SIGNED);
    let names = claims.iter().map(|claim| claim.repository.as_str());
    let names = names.chain(signatures.filter_map(|signature| signature.name_of(digest)));
    let mut notes: Vec<_> = placed(&names.collect(), place)?.into_iter().collect();
    let bills: Vec<_> = statements.iter().filter(|statement| statement.predicate_type == BILL).collect();
    notes.extend(unsigned_bills(attached, &bills)?);
    for (kinds, what) in [(PROVENANCES, "provenance"), (BILL, "bill of materials")] {
        if !statements.iter().any(|statement| statement.predicate_type.starts_with(kinds)) {
            notes.push(format!("no {what} by this key"));
        }
    }
    for (kind, referrer) in &attached.others {
        notes.push(format!("{kind} is attached too, and not checked: {referrer}"));
    }
    notes.extend(attached.damaged.iter().map(|what| format!("ignored a bundle: {what}")));
    let claims = claims.iter().map(|claim| format!("this key signed the image as {}", claim.repository));
    let statements = statements.iter().map(|statement| described(statement, attached));
    Ok(Found { passed: claims.chain(statements).collect(), notes })
}

/// Returns what the key signed, among which is a signature of the image with this digest.
fn own(attached: &Attached, digest: &str, key: &PublicKey) -> Result<Own> {
    ensure!(
        !attached.is_unsigned(),
        "the image is not signed: `cargo proxy-filter publish --sign KEY` signs it"
    );
    let claims = attached.claims.iter().map(|claim| of_claim(claim, digest, key));
    let claims: Vec<_> = claims.filter_map(Result::transpose).collect::<Result<_>>()?;
    let statements = attached.bundles.iter().map(|bundle| of_bundle(bundle, digest, key));
    let statements: Vec<_> = statements.filter_map(Result::transpose).collect::<Result<_>>()?;
    if claims.is_empty() && !statements.iter().any(|statement| statement.predicate_type == SIGNED) {
        ensure!(statements.is_empty(), "this key did not sign the image: it only made statements about it");
        bail!(
            "this key did not sign the image: {} signatures or statements are by another key, or were changed after they \
             were signed",
            attached.claims.len().saturating_add(attached.bundles.len())
        );
    }
    Ok(Own { claims, statements })
}

/// Compares the repositories that signatures name with the one where the image is read.
fn placed(names: &BTreeSet<&str>, place: &Place) -> Result<Option<String>> {
    if names.is_empty() {
        return Ok(Some(
            "the signature names no image: compare the digest with the one that was published".into(),
        ));
    }
    let is = |expected: Signed| names.iter().find(|name| place.signed(name) == expected);
    if is(Signed::Here).is_some() {
        return Ok(None);
    }
    let Some(origin) = is(Signed::Elsewhere) else {
        let names: Vec<_> = names.iter().copied().collect();
        bail!(
            "this key signed the image as {}, not as {}: it stands in another image's place, where anyone who can push there \
             could have put it; publish the right one again, or sign this one under its new name with `cosign sign`",
            names.join(" or "),
            place.image()
        );
    };
    Ok(Some(format!("this key signed the image as {origin}, and {} is a mirror of that", place.repository)))
}

/// Compares the bills that are attached without a signature with those that the key signed, if any. Returns what cannot
/// be compared.
fn unsigned_bills(attached: &Attached, signed: &[&Statement]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for bill in &attached.bills {
        let referrer = &bill.referrer;
        if signed.is_empty() {
            notes.push(format!(
                "the bill of materials {referrer} is attached, which this key did not sign: anyone who can push may have \
                 written it"
            ));
            continue;
        }
        ensure!(
            signed.iter().any(|statement| bill.says(&statement.predicate)),
            "the bill of materials {referrer} is attached, which is not the one that this key signed, and scanners may read it: \
             delete it from the registry, or sign the right one with `cargo proxy-filter publish --sign KEY --sbom`"
        );
    }
    Ok(notes)
}

/// Returns a claim that this key signed. Claims do not name their key, so one that does not fit may be another's.
fn of_claim(signed: &SignedClaim, digest: &str, key: &PublicKey) -> Result<Option<Claim>> {
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
    Ok(Some(claim))
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

fn described(statement: &Statement, attached: &Attached) -> String {
    let predicate = &statement.predicate;
    match statement.predicate_type.as_str() {
        SIGNED => "this key signed the image, in a Sigstore bundle".into(),
        PROVENANCE => format!("provenance by this key: {}", provenance::described(predicate)),
        BILL => {
            let count = predicate.get("components").and_then(Value::as_array).map_or(0, Vec::len);
            let same = attached.bills.iter().filter(|bill| bill.says(predicate));
            let same: Vec<_> = same.map(|bill| bill.referrer.as_str()).collect();
            match same.as_slice() {
                [] => format!("bill of materials by this key: {count} components, not attached for scanners"),
                _ => format!("bill of materials by this key: {count} components, as in {}", same.join(", ")),
            }
        }
        other => format!("statement by this key: {other}"),
    }
}
