//! Makes a generated schema useful in editors.

use std::collections::BTreeSet;

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Value, json};

/// Changes a schema and all schemas in it.
pub(crate) fn for_editors(schema: &mut Schema) {
    each(schema);
    without_hidden_descriptions(schema);
}

fn each(schema: &mut Schema) {
    transform_subschemas(&mut each, schema);
    without_null(schema);
    without_line_breaks(schema);
    with_choices(schema);
}

/// Removes the descriptions of definitions to which only fields with descriptions of their own refer. VS Code shows the
/// definition's in place of the field's.
fn without_hidden_descriptions(schema: &mut Schema) {
    let mut needed = BTreeSet::new();
    schema.as_object().into_iter().flatten().for_each(|(_, value)| undescribed(value, &mut needed));
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for (name, definition) in definitions.into_iter().flatten() {
        if let (Some(definition), false) = (definition.as_object_mut(), needed.contains(name)) {
            definition.remove("description");
        }
    }
}

/// Finds the definitions to which something without a description refers.
fn undescribed(value: &Value, found: &mut BTreeSet<String>) {
    if let (Some(reference), None) = (value["$ref"].as_str(), value.get("description")) {
        found.extend(reference.strip_prefix("#/$defs/").map(str::to_owned));
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| undescribed(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| undescribed(value, found)),
        _ => {}
    }
}

/// Turns a choice between constants into `enum`, with their descriptions in `enumDescriptions`: VS Code shows the
/// description of a constant in place of the field's, but a choice's beside it.
fn with_choices(schema: &mut Schema) {
    let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let constants: Option<Vec<_>> = variants.iter().map(|variant| variant.get("const").cloned()).collect();
    let Some(constants) = constants else { return };
    let descriptions: Vec<_> = variants.iter().map(|variant| variant["description"].clone()).collect();
    let kind = variants.first().map(|variant| variant["type"].clone());
    schema.remove("oneOf");
    schema.insert("enum".into(), constants.into());
    schema.insert("enumDescriptions".into(), descriptions.into());
    schema.insert("type".into(), kind.into());
}

/// Joins the lines of paragraphs, which end where the source code's lines end.
fn without_line_breaks(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs: Vec<_> = description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
}

/// Removes the type `null` from a schema that has others.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(variants)) = schema.get_mut("anyOf") {
        variants.retain(|variant| *variant != json!({"type": "null"}));
        if let [Value::Object(only)] = variants.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(keyword, value)| {
                schema.ensure_object().entry(keyword).or_insert(value);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_choices() {
        let mut schema = Schema::try_from(json!({"oneOf": [
            {"const": "a", "description": "the first", "type": "string"},
            {"const": "b", "description": "the second", "type": "string"},
        ]}))
        .unwrap();
        with_choices(&mut schema);
        let expected =
            json!({"enum": ["a", "b"], "enumDescriptions": ["the first", "the second"], "type": "string"});
        assert_eq!(schema.as_value(), &expected);

        let other = json!({"oneOf": [{"const": "a"}, {"type": "integer"}]});
        let mut schema = Schema::try_from(other.clone()).unwrap();
        with_choices(&mut schema);
        assert_eq!(schema.as_value(), &other);
    }

    #[test]
    fn paragraphs_are_lines() {
        let mut schema = Schema::try_from(json!({"description": "a\nb\n\nc"})).unwrap();
        without_line_breaks(&mut schema);
        assert_eq!(schema.as_value(), &json!({"description": "a b\n\nc"}));
    }

    #[test]
    fn fields_keep_their_descriptions() {
        let mut schema = Schema::try_from(json!({
            "$defs": {
                "A": {"description": "hides"},
                "B": {"description": "needed"},
            },
            "properties": {
                "a": {"description": "a", "$ref": "#/$defs/A"},
                "b": {"description": "b", "$ref": "#/$defs/B"},
                "c": {"items": {"$ref": "#/$defs/B"}},
            },
        }))
        .unwrap();
        for_editors(&mut schema);
        assert_eq!(schema.get("$defs").unwrap(), &json!({"A": {}, "B": {"description": "needed"}}));
        assert_eq!(schema.get("properties").unwrap()["a"]["description"], "a");
    }

    #[test]
    fn optional_fields_are_not_null() {
        for (optional, expected) in [
            (json!({"type": ["string", "null"]}), json!({"type": "string"})),
            (json!({"type": ["string", "array", "null"]}), json!({"type": ["string", "array"]})),
            (json!({"type": "null"}), json!({"type": "null"})),
            (
                json!({"description": "a", "anyOf": [{"$ref": "b", "description": "b"}, {"type": "null"}]}),
                json!({"description": "a", "$ref": "b"}),
            ),
            (
                json!({"anyOf": [{"anyOf": [{"type": "string"}, {"type": "array"}]}, {"type": "null"}]}),
                json!({"anyOf": [{"type": "string"}, {"type": "array"}]}),
            ),
        ] {
            let mut schema = Schema::try_from(optional).unwrap();
            without_null(&mut schema);
            assert_eq!(schema.as_value(), &expected);
        }
    }
}
