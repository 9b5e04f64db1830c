//! Signs published images, and attaches their provenance and bills of materials.

mod attach;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::build::origin::{self, Origin};
use crate::filter::Filter;
use crate::project::Project;
use crate::release::sbom;
use crate::say;
use crate::signing::key::SigningKey;
use crate::signing::provenance;
use crate::signing::statement::{BILL, Statement, Subject};

/// What users call a claim.
const CLAIM: &str = "signature (cosign 2 format)";

/// What users call the statement that an image is signed.
const BUNDLE: &str = "signature (Sigstore bundle, cosign 3)";

/// What to attach to images, as a user asks for it.
#[derive(Clone, Debug)]
pub struct AttachmentOptions {
    /// The file of the key to sign with.
    pub key: Option<PathBuf>,
    /// Who builds, as a URI: goes into the provenance.
    pub builder: String,
    /// Whether to attach a bill of materials.
    pub bill: bool,
}

/// What to attach to images.
pub(in crate::registry) struct Attachments {
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
    pub(in crate::registry) fn ready(
        project: &Project,
        filters: &[Filter],
        options: &AttachmentOptions,
    ) -> Result<Self> {
        let key = options.key.as_deref().map(SigningKey::read).transpose()?;
        let origin = |filter: &Filter| Origin::read(&project.module(&filter.name), &filter.wasm);
        let mut bills = BTreeMap::new();
        if options.bill {
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
        Ok(Self { key, builder: options.builder.clone(), origins: origins.collect(), bills })
    }

    /// Returns whether there is nothing to attach.
    pub(in crate::registry) fn is_empty(&self) -> bool {
        self.key.is_none() && self.bills.is_empty()
    }

    /// Says what would be attached to an image.
    pub(in crate::registry) fn announce(&self, filter: &Filter) {
        if let Some(bill) = self.bills.get(&filter.name) {
            say!("  would attach: bill of materials, {} bytes", bill.len());
        }
        if self.key.is_some() {
            say!("  would attach: {CLAIM}");
            for (what, statement) in self.statements("", &filter.name, filter) {
                match statement {
                    Ok(_) => say!("  would attach: {what}"),
                    Err(error) => say!("  no {what}: {error:#}"),
                }
            }
        }
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
        let mut statements = vec![(BUNDLE, Ok(Statement::signed(image()))), ("provenance", provenance)];
        if let Some(bill) = self.bills.get(&filter.name) {
            let bill = serde_json::from_str::<Value>(bill).context("the bill of materials is not JSON");
            let statement = bill.map(|bill| Statement::new(vec![image()], BILL, bill));
            statements.push(("signed bill of materials", statement));
        }
        statements
    }
}
