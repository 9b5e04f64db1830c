//! Signs published images, and attaches their provenance and bills of materials.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::attached::Attached;
use super::claims::{self, SignedClaim};
use super::client::{Pushed, RegistryClient};
use crate::build::origin::{self, Origin};
use crate::filter::Filter;
use crate::oci::image::Image;
use crate::oci::media_type;
use crate::oci::referrer::Referrer;
use crate::project::Project;
use crate::release::sbom;
use crate::say;
use crate::signing::bundle::{self, Bundle};
use crate::signing::claim::Claim;
use crate::signing::key::SigningKey;
use crate::signing::provenance;
use crate::signing::statement::{BILL, Statement, Subject};

/// What to attach to images, as a user asks for it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file of the key to sign with.
    pub key: Option<PathBuf>,
    /// Who builds, as a URI: goes into the provenance.
    pub builder: String,
    /// Whether to attach a bill of materials.
    pub bill: bool,
}

/// What to attach to images.
pub(super) struct Attachments {
    key: Option<SigningKey>,
    builder: String,
    origins: BTreeMap<String, Result<Origin, String>>,
    bills: BTreeMap<String, String>,
}

impl Attachments {
    /// Reads the key, and makes the bills of materials.
    ///
    /// # Errors
    /// The key cannot sign, or a filter was built from other sources than the bill would be of.
    pub(super) fn ready(project: &Project, filters: &[Filter], wanted: &Wanted) -> Result<Self> {
        let key = wanted.key.as_deref().map(SigningKey::read).transpose()?;
        let origin = |filter: &Filter| Origin::read(&project.module(&filter.name), &filter.wasm);
        let mut bills = BTreeMap::new();
        if wanted.bill {
            for filter in filters {
                let from = origin(filter).map(|origin| origin.commit);
                ensure!(
                    from.is_ok_and(|commit| commit.is_some() && commit == origin::commit(project.root())),
                    "a bill of materials needs the sources of {}: commit them, and build it again",
                    filter.name
                );
            }
            let made = sbom::of(project, filters)?;
            bills = filters.iter().map(|filter| filter.name.clone()).zip(made).collect();
        }
        let origins = filters
            .iter()
            .map(|filter| (filter.name.clone(), origin(filter).map_err(|error| format!("{error:#}"))));
        Ok(Self { key, builder: wanted.builder.clone(), origins: origins.collect(), bills })
    }

    /// Returns whether there is nothing to attach.
    pub(super) fn is_empty(&self) -> bool {
        self.key.is_none() && self.bills.is_empty()
    }

    /// Says what would be attached to an image.
    pub(super) fn announce(&self, filter: &Filter) {
        if let Some(bill) = self.bills.get(&filter.name) {
            say!("  would attach: bill of materials, {} bytes", bill.len());
        }
        if self.key.is_some() {
            say!("  would attach: signature");
            for (what, statement) in self.statements("", &filter.name, filter) {
                match statement {
                    Ok(_) => say!("  would attach: {what}"),
                    Err(error) => say!("  no {what}: {error:#}"),
                }
            }
        }
    }

    /// Attaches everything to an image that has been pushed, and says so. What is there already stays.
    pub(super) fn attach(&self, registry: &RegistryClient, image: &Image, filter: &Filter) -> Result<()> {
        let (digest, name) = (image.digest(), registry.name());
        say!("{name}@{digest}");
        if let Some(bill) = self.bills.get(&filter.name) {
            let media_type = media_type::CYCLONEDX;
            let referrer = Referrer {
                what: "bill of materials",
                media_type,
                bytes: bill.clone().into(),
                annotations: vec![],
            };
            let pushed = registry.attach(&image.descriptor(), &referrer, &|_| {})?;
            say!("  {}: bill of materials", describe(&pushed));
        }
        let Some(key) = &self.key else { return Ok(()) };
        let before = Attached::to(registry, &digest)?;
        self.attach_claim(key, registry, &digest, &before)?;
        for (what, statement) in self.statements(&digest, &name, filter) {
            match statement {
                Ok(statement) => {
                    let pushed = attach_statement(key, registry, image, &before, (what, &statement))?;
                    say!("  {}: {what}", describe(&pushed));
                }
                Err(error) => say!("  no {what}: {error:#}"),
            }
        }
        Ok(())
    }

    fn attach_claim(
        &self,
        key: &SigningKey,
        registry: &RegistryClient,
        digest: &str,
        before: &Attached,
    ) -> Result<()> {
        let claim = Claim { repository: registry.name(), digest: digest.into() }.to_bytes()?;
        let is_there = before
            .claims
            .iter()
            .any(|other| other.claim == claim && key.public().verify(&claim, &other.signature).is_ok());
        if !is_there {
            let signature = key.sign(&claim)?;
            claims::add(registry, digest, &SignedClaim { claim, signature }, &|_| {})?;
        }
        say!("  {}: signature", if is_there { "already there" } else { "attached" });
        Ok(())
    }

    /// Returns the statements about an image, or why there is none.
    fn statements(
        &self,
        digest: &str,
        name: &str,
        filter: &Filter,
    ) -> Vec<(&'static str, Result<Statement>)> {
        let image = || Subject::new(name, digest);
        let origin = self.origins.get(&filter.name).context("it is not a filter of this project");
        let origin = origin.and_then(|origin| origin.as_ref().map_err(|error| anyhow::anyhow!("{error}")));
        let provenance =
            origin.and_then(|origin| provenance::statement(image(), filter, origin, &self.builder));
        let mut statements =
            vec![("signature as a bundle", Ok(Statement::signed(image()))), ("provenance", provenance)];
        if let Some(bill) = self.bills.get(&filter.name) {
            let bill = serde_json::from_str::<Value>(bill).context("the bill of materials is not JSON");
            let statement = bill.map(|bill| Statement::new(vec![image()], BILL, bill));
            statements.push(("signed bill of materials", statement));
        }
        statements
    }
}

fn attach_statement(
    key: &SigningKey,
    registry: &RegistryClient,
    image: &Image,
    before: &Attached,
    (what, statement): (&'static str, &Statement),
) -> Result<Pushed> {
    let bytes = statement.to_bytes()?;
    // A second signature of the same statement would have other bytes, and add nothing.
    let is_same = |bundle: &Bundle| bundle.dsse_envelope.open(key.public()).is_ok_and(|said| said == bytes);
    if before.bundles.iter().any(is_same) {
        return Ok(Pushed::Unchanged);
    }
    let (content, kind) = bundle::CONTENT;
    let referrer = Referrer {
        what,
        media_type: bundle::MEDIA_TYPE,
        bytes: serde_json::to_vec(&Bundle::sign(&bytes, key)?)?,
        annotations: vec![(content, kind.into()), (bundle::PREDICATE_TYPE, statement.predicate_type.clone())],
    };
    registry.attach(&image.descriptor(), &referrer, &|_| {})
}

fn describe(pushed: &Pushed) -> &'static str {
    match pushed {
        Pushed::Unchanged => "already there",
        Pushed::New | Pushed::InPlaceOf(_) => "attached",
    }
}
