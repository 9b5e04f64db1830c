//! Attaches what a published image gets.

use anyhow::Result;

use super::{Attachments, CLAIM};
use crate::filter::Filter;
use crate::oci::image::Image;
use crate::oci::media_type;
use crate::oci::referrer::Referrer;
use crate::registry::attached::Attached;
use crate::registry::claims::{self, SignedClaim};
use crate::registry::client::{Pushed, RegistryClient};
use crate::say;
use crate::signing::bundle::{self, Bundle};
use crate::signing::claim::Claim;
use crate::signing::key::SigningKey;
use crate::signing::statement::Statement;

impl Attachments {
    /// Attaches everything to an image that has been pushed, and says so. What is there already stays.
    pub(in crate::registry) fn attach(
        &self,
        registry: &RegistryClient,
        image: &Image,
        filter: &Filter,
    ) -> Result<()> {
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
        let before = Attached::pull(registry, &digest)?;
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
        say!("  {}: {CLAIM}", if is_there { "already there" } else { "attached" });
        Ok(())
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
