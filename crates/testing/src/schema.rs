//! JSON Schemas of configurations, made from the types that read them.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::{json_examples, tables};

/// Set, the schemas are written, not compared.
const UPDATE: &str = "UPDATE_SCHEMAS";

/// Expects `config.schema.json` in a crate's folder to be the schema of `T`, every configuration in the
/// crate's README to hold to it, and the README's tables to describe it.
///
/// # Panics
/// Not so.
#[track_caller]
pub fn expect_schema<T: JsonSchema>(manifest_directory: &str) {
    let directory = Path::new(manifest_directory);
    let path = directory.join("config.schema.json");
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let text = format!("{:#}\n", schema.as_value());
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let shipped = fs::read_to_string(&path).unwrap_or_default();
    assert!(shipped == text, "{} is not that of the types: run `just snapshots`", path.display());

    let validator = jsonschema::validator_for(schema.as_value()).unwrap_or_else(|error| panic!("{error}"));
    let readme = fs::read_to_string(directory.join("README.md")).unwrap_or_default();
    let complaints = tables::complaints(&readme, schema.as_value());
    assert!(complaints.is_empty(), "the README's section `## Configuration`:\n{}", complaints.join("\n"));
    for example in json_examples(&readme) {
        let mut example = serde_json::from_str(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        if let Err(error) = validator.validate(&example) {
            panic!("config.schema.json refuses what the README shows: {error}\n{example:#}");
        }
        example["no-such-field"] = true.into();
        assert!(!validator.is_valid(&example), "config.schema.json allows fields that there are not");
    }
}
