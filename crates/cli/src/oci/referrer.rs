//! Manifests that say something about an image: referrers.
//!
//! Source: the OCI image specification 1.1, "Guidelines for Artifact Usage"; the OCI distribution specification 1.1, "Referrers Tag
//! Schema".

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::image::{Blob, Image};
use super::manifest::{Descriptor, Manifest};
use super::media_type;

/// The configuration of a referrer.
const EMPTY: &[u8] = b"{}";

/// What a referrer says.
#[derive(Clone, Debug)]
pub struct Referrer {
    /// Its name in messages.
    pub what: &'static str,
    /// The type of its one layer, and of the whole.
    pub media_type: &'static str,
    /// The layer.
    pub bytes: Vec<u8>,
    /// The annotations of its manifest.
    pub annotations: Vec<(&'static str, String)>,
}

impl Referrer {
    /// Builds the manifest, which refers to `subject`: the same bytes for the same referrer.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn image(&self, subject: &Descriptor) -> Result<Image> {
        let annotations = self.annotations.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let manifest = Manifest {
            schema_version: 2,
            media_type: media_type::MANIFEST.into(),
            artifact_type: Some(self.media_type.into()),
            config: Descriptor::of(media_type::EMPTY, EMPTY),
            layers: vec![Descriptor::of(self.media_type, &self.bytes)],
            subject: Some(subject.clone()),
            annotations: annotations.collect(),
        };
        let blobs = [("configuration", EMPTY.to_vec()), (self.what, self.bytes.clone())];
        Ok(Image {
            manifest: serde_json::to_vec(&manifest)?,
            blobs: blobs.map(|(what, bytes)| Blob { what, bytes }).into(),
        })
    }
}

/// Returns the tag of the index of an image's referrers, for registries that do not list them: `sha256-` and the digest's digits.
pub fn tag(digest: &str) -> String {
    digest.replace(':', "-")
}

/// Adds a referrer to an index, or to a new one. Keeps everything else that is in it.
///
/// # Errors
/// The bytes are not an index, or the referrer is not a manifest.
pub fn append_to_index(index: Option<&[u8]>, referrer: &Image) -> Result<Vec<u8>> {
    let mut index: Value = match index {
        Some(bytes) => serde_json::from_slice(bytes).context("it is not JSON")?,
        None => json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": []}),
    };
    let manifest: Manifest = serde_json::from_slice(&referrer.manifest)?;
    let mut entry = serde_json::to_value(referrer.descriptor())?;
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("artifactType".into(), manifest.artifact_type.into());
        fields.insert("annotations".into(), serde_json::to_value(manifest.annotations)?);
    }
    let entries = index.get_mut("manifests").and_then(Value::as_array_mut);
    let entries = entries.context("it is not an index of manifests")?;
    entries.retain(|other| other.get("digest") != entry.get("digest"));
    entries.push(entry);
    Ok(serde_json::to_vec(&index)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referrer() -> Image {
        let referrer = Referrer {
            what: "note",
            media_type: "text/plain",
            bytes: b"hi".into(),
            annotations: vec![("a", "b".into())],
        };
        referrer.image(&Descriptor::of("x/y", b"subject")).unwrap()
    }

    #[test]
    fn an_index_keeps_the_entries_of_others() {
        let others = br#"{"schemaVersion":2,"manifests":[{"digest":"sha256:1","own":{"x":1}}],"annotations":{"k":"v"}}"#;
        let once = append_to_index(Some(others), &referrer()).unwrap();
        let index: Value = serde_json::from_slice(&once).unwrap();
        assert_eq!(index["manifests"][0], json!({"digest": "sha256:1", "own": {"x": 1}}));
        assert_eq!(index["annotations"], json!({"k": "v"}));
        let own = &index["manifests"][1];
        assert_eq!(own["digest"], referrer().digest());
        assert_eq!(own["artifactType"], "text/plain");
        assert_eq!(own["annotations"], json!({"a": "b"}));
        assert_eq!(append_to_index(Some(&once), &referrer()).unwrap(), once);
    }

    #[test]
    fn what_is_not_an_index_stays_as_it_is() {
        for other in [b"".as_slice(), b"[]", b"{}", br#"{"manifests": {}}"#] {
            assert!(append_to_index(Some(other), &referrer()).is_err(), "{}", other.escape_ascii());
        }
        let index: Value = serde_json::from_slice(&append_to_index(None, &referrer()).unwrap()).unwrap();
        assert_eq!(index["mediaType"], media_type::INDEX);
    }
}
