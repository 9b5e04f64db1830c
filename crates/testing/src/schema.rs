//! JSON Schemas of configurations, generated from the types that read them.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::editors::for_editors;
use crate::readme::json_examples;
use crate::snapshot::expect_file;
use crate::tables;

/// Expects `config.schema.json` in a crate's directory to be the schema of `T`, with the configurations in the crate's README
/// as its examples, these configurations to be valid, and the README's tables to describe all fields.
///
/// The schema is for editors: it leaves out that `null` means the same as no field, which editors would offer.
///
/// # Panics
/// One of these expectations is not met.
#[track_caller]
pub fn expect_schema<T: JsonSchema>(manifest_directory: &str) {
    let directory = Path::new(manifest_directory);
    let readme = fs::read_to_string(directory.join("README.md")).unwrap_or_default();
    let settings = SchemaSettings::draft2020_12().with_transform(for_editors);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("examples".into(), json_examples(&readme).into_iter().map(parsed).collect());
    let text = format!("{:#}\n", schema.as_value());
    expect_file(&directory.join("config.schema.json"), &text);

    let validator = jsonschema::validator_for(schema.as_value()).unwrap_or_else(|error| panic!("{error}"));
    let errors = tables::errors(&readme, &base(directory, &readme), schema.as_value());
    assert!(errors.is_empty(), "the README's section `## Configuration`:\n{}", errors.join("\n"));
    for example in json_examples(&readme) {
        let mut example = parsed(example);
        if let Err(error) = validator.validate(&example) {
            panic!("config.schema.json rejects a configuration of the README: {error}\n{example:#}");
        }
        example["no-such-field"] = true.into();
        assert!(!validator.is_valid(&example), "config.schema.json allows unknown fields");
    }
}

/// Reads the README of the filter that this one extends: `[rate-limit's](../rate-limit#configuration), to which ...`. Empty if there
/// is none.
fn base(directory: &Path, readme: &str) -> String {
    let before = readme.split_once("#configuration), to which").map(|(before, _)| before);
    let link = before.and_then(|before| before.rsplit_once("](")).map(|(_, link)| link);
    link.and_then(|link| fs::read_to_string(directory.join(link).join("README.md")).ok()).unwrap_or_default()
}

fn parsed(example: &str) -> Value {
    serde_json::from_str(example).unwrap_or_else(|error| panic!("{example}: {error}"))
}
