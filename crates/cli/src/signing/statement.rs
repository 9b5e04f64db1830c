//! in-toto statements: what someone says about files that have these digests.
//!
//! Source: <https://github.com/in-toto/attestation>, `spec/v1`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const KIND: &str = "https://in-toto.io/Statement/v1";

/// The predicate type with which cosign 3 signs an image. The predicate is empty.
pub const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";

/// The type of a statement with a bill of materials in CycloneDX's format.
pub const BILL: &str = "https://cyclonedx.org/bom";

/// The type of a statement about how a file was built. Source: <https://slsa.dev/spec/v1.0/provenance>.
pub const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// A statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    /// What kind of thing it says.
    pub predicate_type: String,
    /// What it says.
    #[serde(default)]
    pub predicate: Value,
}

/// What a statement is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// A name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    digest: BTreeMap<String, String>,
}

impl Subject {
    /// The file or manifest with this digest: `sha256:` and 64 hexadecimal digits.
    pub fn new(name: &str, digest: &str) -> Self {
        let hexadecimal = digest.trim_start_matches("sha256:").to_owned();
        Self { name: name.to_owned(), digest: [("sha256".to_owned(), hexadecimal)].into() }
    }

    fn has(&self, digest: &str) -> bool {
        self.digest.get("sha256").is_some_and(|own| digest.strip_prefix("sha256:") == Some(own))
    }
}

impl Statement {
    /// A statement about these subjects.
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: Value) -> Self {
        Self { kind: KIND.into(), subject, predicate_type: predicate_type.into(), predicate }
    }

    /// The statement that an image is signed.
    pub fn signed(image: Subject) -> Self {
        Self::new(vec![image], SIGNED, json!({}))
    }

    /// Writes the statement: the same bytes for the same statement.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Reads a statement about what has this digest.
    ///
    /// # Errors
    /// It is damaged, or about something else.
    pub fn about(bytes: &[u8], digest: &str) -> Result<Self> {
        let statement: Self = serde_json::from_slice(bytes).context("the statement is damaged")?;
        ensure!(
            statement.kind.starts_with("https://in-toto.io/Statement/"),
            "`{}` is not a statement",
            statement.kind
        );
        ensure!(
            statement.subject.iter().any(|subject| subject.has(digest)),
            "it is about another image: {}",
            statement.subjects()
        );
        Ok(statement)
    }

    /// Returns the name that the statement gives to what has this digest, if any.
    pub fn name_of(&self, digest: &str) -> Option<&str> {
        let mut named = self.subject.iter().filter(|subject| subject.has(digest) && !subject.name.is_empty());
        named.next().map(|subject| subject.name.as_str())
    }

    fn subjects(&self) -> String {
        let digests = self.subject.iter().filter_map(|subject| subject.digest.get("sha256"));
        digests.map(|digest| format!("sha256:{digest}")).collect::<Vec<_>>().join(", ")
    }
}
