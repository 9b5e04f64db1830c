//! Signatures that do not fit their image: `verify --key` refuses each and says why.

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::image::{Blob, Image};
use cargo_proxy_filter::oci::manifest::{Descriptor, Manifest};
use cargo_proxy_filter::oci::media_type;
use cargo_proxy_filter::oci::referrer::{self, Referrer};
use cargo_proxy_filter::registry::client::RegistryClient;
use cargo_proxy_filter::registry::reference::of_image;
use cargo_proxy_filter::signing::bundle::{self, Bundle};
use cargo_proxy_filter::signing::claim::{self, Claim};
use cargo_proxy_filter::signing::key::SigningKey;
use cargo_proxy_filter::signing::statement::{PROVENANCE, Statement, Subject};
use data_encoding::BASE64;
use serde_json::json;

use super::IMAGE;
use super::signed::Signed;
use crate::run::{fails, succeeds};

/// An image that is not signed, and the key that signs for it.
pub(super) struct Forger {
    pub(super) signed: Signed,
    pub(super) key: SigningKey,
    pub(super) image: Vec<u8>,
}

impl Forger {
    pub(super) fn start() -> Result<Self> {
        let signed = Signed::start()?;
        succeeds(&["publish", &signed.address(), "main", "-p", "add-header"])?;
        let key = SigningKey::read(signed.file("own.key").as_ref())?;
        let image = signed.manifest("main")?;
        Ok(Self { signed, key, image })
    }

    pub(super) fn client(&self, tag: &str) -> Result<RegistryClient> {
        RegistryClient::of(&of_image(&self.signed.address(), IMAGE, tag)?)
    }

    /// Puts a claim with a signature where those of the image are.
    pub(super) fn claim(&self, claim: &[u8], signature: &[u8]) -> Result<()> {
        let mut layer = Descriptor::of(claim::MEDIA_TYPE, claim);
        layer.annotations.insert(claim::SIGNATURE.into(), BASE64.encode(signature));
        let manifest = Manifest {
            schema_version: 2,
            media_type: media_type::MANIFEST.into(),
            artifact_type: None,
            config: Descriptor::of(media_type::CONFIG, b"{}"),
            layers: vec![layer],
            subject: None,
            annotations: [].into(),
        };
        let blobs = [b"{}".as_slice(), claim].map(|bytes| Blob { what: "blob", bytes: bytes.into() });
        let image = Image { manifest: serde_json::to_vec(&manifest)?, blobs: blobs.into() };
        self.client(&(referrer::tag(&digest(&self.image)) + ".sig"))?.push(&image, &|_| {})?;
        Ok(())
    }

    /// Attaches a bundle to the image.
    pub(super) fn bundle(&self, bytes: Vec<u8>) -> Result<()> {
        let referrer =
            Referrer { what: "bundle", media_type: bundle::MEDIA_TYPE, bytes, annotations: vec![] };
        let subject = Descriptor::of(media_type::MANIFEST, &self.image);
        self.client("main")?.attach(&subject, &referrer, &|_| {})?;
        Ok(())
    }

    /// Pushes a referrer of the image, and adds it to the index of the registry, which does not list referrers.
    pub(super) fn list(&self, referrer: &Image) -> Result<()> {
        let tag = referrer::tag(&digest(&self.image));
        self.client("beside")?.push(referrer, &|_| {})?;
        let index = referrer::append_to_index(Some(&self.signed.manifest(&tag)?), referrer)?;
        self.client(&tag)?.push_raw(media_type::INDEX, index)
    }

    pub(super) fn of_image(&self) -> Claim {
        Claim { repository: format!("{}/{IMAGE}", self.signed.address()), digest: digest(&self.image) }
    }

    fn statement(&self) -> Statement {
        Statement::signed(Subject::new("x", &digest(&self.image)))
    }

    pub(super) fn refused(&self, expected: &str) -> Result<()> {
        let (reference, key) = (self.signed.reference("main"), self.signed.file("own.pub"));
        let said = fails(&["verify", &reference, "--key", &key], expected)?;
        ensure!(said.contains(&format!("error: {reference}: ")), "{said}");
        // Nothing else is looked at, and the module is not loaded.
        ensure!(!said.contains("  ok: "), "{said}");
        Ok(())
    }
}

const ANOTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Attaches a forgery.
type Forge = fn(&Forger) -> Result<()>;

const FORGERIES: [(&str, Forge, &str); 8] = [
    ("nothing", |_| Ok(()), "the image is not signed: `cargo proxy-filter publish --sign KEY` signs it"),
    (
        "another key",
        |forger| forger.signed.publish("main", "other.key").map(drop),
        "this key did not sign the image: ",
    ),
    (
        "a changed claim",
        |forger| {
            let signature = forger.key.sign(&forger.of_image().to_bytes()?)?;
            let changed = Claim { repository: "example.com/another".into(), ..forger.of_image() };
            forger.claim(&changed.to_bytes()?, &signature)
        },
        "this key did not sign the image: 1 signatures or statements are by another key, or were changed",
    ),
    (
        "a claim of another image",
        |forger| {
            let claim = Claim { digest: ANOTHER.into(), ..forger.of_image() }.to_bytes()?;
            forger.claim(&claim, &forger.key.sign(&claim)?)
        },
        "this key's signature is of another image",
    ),
    (
        "something else that was signed",
        |forger| forger.claim(b"{}", &forger.key.sign(b"{}")?),
        "what is signed names no image",
    ),
    (
        "a changed bundle",
        |forger| {
            let bundle = Bundle::sign(&forger.statement().to_bytes()?, &forger.key)?;
            let mut bundle = serde_json::to_value(bundle)?;
            let changed =
                Statement::new(vec![Subject::new("x", &digest(&forger.image))], PROVENANCE, json!({}));
            bundle["dsseEnvelope"]["payload"] = BASE64.encode(&changed.to_bytes()?).into();
            forger.bundle(serde_json::to_vec(&bundle)?)
        },
        "a statement that names this key was changed after it was signed",
    ),
    (
        "a bundle of another image",
        |forger| {
            let statement = Statement::signed(Subject::new("x", ANOTHER)).to_bytes()?;
            forger.bundle(serde_json::to_vec(&Bundle::sign(&statement, &forger.key)?)?)
        },
        "a statement of this key was moved here: it is about another image: sha256:0000",
    ),
    (
        "provenance alone",
        |forger| {
            let subject = vec![Subject::new("x", &digest(&forger.image))];
            let statement = Statement::new(subject, PROVENANCE, json!({})).to_bytes()?;
            forger.bundle(serde_json::to_vec(&Bundle::sign(&statement, &forger.key)?)?)
        },
        "this key did not sign the image: it only made statements about it",
    ),
];

pub(crate) fn all() -> Result<()> {
    for (what, forge, expected) in FORGERIES {
        let forger = Forger::start()?;
        forge(&forger).context(what)?;
        forger.refused(expected).context(what)?;
    }
    Ok(())
}

/// A bundle that nobody can read does not hide a signature, and neither does another key's.
pub(crate) fn beside() -> Result<()> {
    let forger = Forger::start()?;
    forger.bundle(b"{}".to_vec())?;
    forger.signed.publish("main", "other.key")?;
    forger.signed.publish("main", "own.key")?;
    let key = forger.signed.file("own.pub");
    let checked = succeeds(&["verify", &forger.signed.reference("main"), "--key", &key])?;
    ensure!(checked.matches("  ok: this key signed the image").count() == 2, "{checked}");
    ensure!(checked.contains("  note: ignored a bundle: "), "{checked}");
    Ok(())
}
