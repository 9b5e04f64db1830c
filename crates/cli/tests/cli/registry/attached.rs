//! What is attached beside the signatures: `verify --key` lists it, says what is missing, and refuses a bill of materials that differs
//! from the signed one.

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::image::{Blob, Image};
use cargo_proxy_filter::oci::manifest::{Descriptor, Manifest};
use cargo_proxy_filter::oci::media_type;
use cargo_proxy_filter::oci::referrer::Referrer;
use cargo_proxy_filter::signing::bundle::Bundle;
use cargo_proxy_filter::signing::statement::{BILL, PROVENANCE, Statement, Subject};
use serde_json::{Value, json};

use super::forged::Forger;
use crate::run::{fails, succeeds};

/// A signed bill of materials.
const BILL_TEXT: &str = r#"{"bomFormat": "CycloneDX", "components": [{"name": "a"}, {"name": "b"}]}"#;

/// A bill with the same value for most parsers, and without components for some.
const TWICE: &str =
    r#"{"components": [], "bomFormat": "CycloneDX", "components": [{"name": "a"}, {"name": "b"}]}"#;

impl Forger {
    /// Starts with a signed image that has no provenance.
    fn signed() -> Result<Self> {
        let forger = Self::start()?;
        let claim = forger.of_image().to_bytes()?;
        forger.claim(&claim, &forger.key.sign(&claim)?)?;
        Ok(forger)
    }

    fn state(&self, kind: &str, predicate: Value) -> Result<()> {
        let subject = vec![Subject::new("x", &digest(&self.image))];
        let statement = Statement::new(subject, kind, predicate).to_bytes()?;
        self.bundle(serde_json::to_vec(&Bundle::sign(&statement, &self.key)?)?)
    }

    fn sign_bill(&self) -> Result<()> {
        self.state(BILL, serde_json::from_str(BILL_TEXT)?)
    }

    fn refer(&self, media_type: &'static str, text: &str) -> Result<()> {
        let referrer = Referrer { what: "text", media_type, bytes: text.into(), annotations: vec![] };
        let subject = Descriptor::of(media_type::MANIFEST, &self.image);
        self.client("main")?.attach(&subject, &referrer, &|_| {}).map(drop)
    }

    fn verified(&self, expected: &[&str], absent: &[&str]) -> Result<()> {
        let (reference, key) = (self.signed.reference("main"), self.signed.file("own.pub"));
        let said = succeeds(&["verify", &reference, "--key", &key])?;
        for expected in expected {
            ensure!(said.contains(expected), "not `{expected}`: {said}");
        }
        for absent in absent {
            ensure!(!said.contains(absent), "`{absent}`: {said}");
        }
        Ok(())
    }
}

/// What is there is listed, and what is not.
pub(crate) fn listed() -> Result<()> {
    const NO_PROVENANCE: &str = "  note: no provenance by this key\n";
    const NO_BILL: &str = "  note: no bill of materials by this key\n";
    let forger = Forger::signed()?;
    forger.verified(&[NO_PROVENANCE, NO_BILL], &[])?;
    forger.refer("text/vnd.example.scan", "found nothing")?;
    forger.verified(&["  note: text/vnd.example.scan is attached too, and not checked: sha256:"], &[])?;
    forger.state("https://slsa.dev/provenance/v0.2", json!({}))?;
    forger
        .verified(&["  ok: statement by this key: https://slsa.dev/provenance/v0.2\n"], &[NO_PROVENANCE])?;
    forger.state(PROVENANCE, json!({}))?;
    forger.verified(
        &["  ok: provenance by this key: built by an unnamed builder\n", NO_BILL],
        &[NO_PROVENANCE],
    )?;
    forger.refer(media_type::CYCLONEDX, BILL_TEXT)?;
    forger.verified(
        &[NO_BILL, " is attached, which this key did not sign: anyone who can push may have written it\n"],
        &[],
    )?;
    forger.sign_bill()?;
    forger.verified(&["  ok: bill of materials by this key: 2 components, as in sha256:"], &[NO_BILL])?;
    Ok(())
}

/// Attaches something.
type Attach = fn(&Forger) -> Result<()>;

const TAMPERED: [(&str, Attach); 4] = [
    ("nothing in it", |forger| forger.refer(media_type::CYCLONEDX, r#"{"components": []}"#)),
    ("a field twice", |forger| forger.refer(media_type::CYCLONEDX, TWICE)),
    ("another format", |forger| forger.refer("application/vnd.cyclonedx+xml", "<bom/>")),
    ("several layers", several),
];

/// Scanners read bills without a signature, so each has to be the signed one.
pub(crate) fn tampered() -> Result<()> {
    for (what, attach) in TAMPERED {
        let forger = Forger::signed()?;
        forger.sign_bill()?;
        // The right one stands beside it.
        forger.refer(media_type::CYCLONEDX, BILL_TEXT)?;
        attach(&forger)?;
        forger.refused("is attached, which is not the one that this key signed").context(what)?;
        let unchecked = succeeds(&["verify", &forger.signed.reference("main")])?;
        ensure!(
            unchecked.contains(" bills of materials are attached, which are not signed"),
            "{what}: {unchecked}"
        );
        fails(
            &["verify", &forger.signed.reference("main"), "--key", &forger.signed.file("other.pub")],
            "this key did not sign the image",
        )?;
    }
    Ok(())
}

/// A manifest that says that it is a bill, with layers that do not.
fn several(forger: &Forger) -> Result<()> {
    let layers = [b"{}".as_slice(), b"[]"];
    let manifest = Manifest {
        schema_version: 2,
        media_type: media_type::MANIFEST.into(),
        artifact_type: Some(media_type::CYCLONEDX.into()),
        config: Descriptor::of(media_type::EMPTY, b"{}"),
        layers: layers.map(|bytes| Descriptor::of("application/json", bytes)).into(),
        subject: Some(Descriptor::of(media_type::MANIFEST, &forger.image)),
        annotations: [].into(),
    };
    let blobs = layers.map(|bytes| Blob { what: "blob", bytes: bytes.into() });
    let image = Image { manifest: serde_json::to_vec(&manifest)?, blobs: blobs.into() };
    forger.list(&image)
}
