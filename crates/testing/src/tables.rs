//! Compares the tables of a README with the schema of the configuration.

use std::collections::BTreeMap;

use serde_json::Value;

/// Filters share some types. The README of one filter describes them.
const SHARED: &str = "add-header#configuration";

/// The section `## Configuration` of a README.
struct Section<'a> {
    text: &'a str,
    /// Each field in a table whose first column is `field`, with the rest of its row.
    fields: Vec<(&'a str, String)>,
}

/// Returns the errors in a README's tables, one per line: missing fields, unknown fields, wrong types or values.
///
/// `base` is the README of the filter that this one extends, if any. It describes the fields that this README does not.
pub(crate) fn errors(readme: &str, base: &str, schema: &Value) -> Vec<String> {
    let Some(mut section) = Section::find(readme) else {
        return vec!["the section `## Configuration` is missing".into()];
    };
    let base = Section::find(base);
    let has =
        |text: &str| [Some(&section), base.as_ref()].into_iter().flatten().any(|it| it.text.contains(text));
    let properties = properties(schema, has(SHARED));
    let in_text: Vec<_> = properties.keys().copied().filter(|name| has(&format!("\"{name}\""))).collect();
    let own: Vec<_> = section.fields.iter().map(|(field, _)| *field).collect();
    let inherited = base.into_iter().flat_map(|base| base.fields);
    section.fields.extend(inherited.filter(|(field, _)| !own.contains(field)));
    let mut errors: Vec<_> = section
        .fields
        .iter()
        .filter_map(|(field, described)| match properties.get(*field) {
            None => Some(format!("`{field}` is described, but the configuration has no such field")),
            Some(of_name) if of_name.iter().any(|property| fits(schema, property, described)) => None,
            Some(_) => Some(format!("the README gives `{field}` a wrong type or wrong values: {described}")),
        })
        .collect();
    let is_described =
        |name: &str| section.fields.iter().any(|(field, _)| *field == name) || in_text.contains(&name);
    let missing = properties.keys().filter(|name| !is_described(name));
    errors.extend(missing.map(|name| format!("`{name}` is not described")));
    errors
}

impl<'a> Section<'a> {
    fn find(readme: &'a str) -> Option<Self> {
        let (_, rest) = readme.split_once("\n## Configuration\n")?;
        let text = rest.split("\n## ").next().unwrap_or(rest);
        let mut fields = Vec::<(&str, String)>::new();
        let (mut in_fields, mut row) = (false, Vec::new());
        for line in text.lines() {
            let Some((first, beside)) = line.strip_prefix('|').and_then(|line| line.split_once('|')) else {
                in_fields = false;
                continue;
            };
            let names = quoted(first);
            in_fields |= first.trim() == "field";
            if names.is_empty() {
                let of_row = fields.iter_mut().filter(|(field, _)| row.contains(field));
                of_row.for_each(|(_, described)| described.push_str(beside));
            } else if in_fields {
                fields.extend(names.iter().map(|name| (*name, beside.to_owned())));
                row = names;
            }
        }
        Some(Self { text, fields })
    }
}

/// Returns the words in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Returns every field of the schema's objects, by name. `without_conditions` omits the fields of shared types.
fn properties(schema: &Value, without_conditions: bool) -> BTreeMap<&str, Vec<&Value>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    let definitions = definitions.filter(|(name, _)| {
        !(without_conditions && ["Condition", "PathTest", "Status"].contains(&name.as_str()))
    });
    for object in std::iter::once(schema).chain(definitions.map(|(_, definition)| definition)) {
        let variants = object["oneOf"].as_array().into_iter().flatten();
        for object in std::iter::once(object).chain(variants) {
            for (name, property) in object["properties"].as_object().into_iter().flatten() {
                all.entry(name.as_str()).or_default().push(property);
            }
        }
    }
    all
}

/// Returns whether a README's description of a field fits this property.
fn fits(schema: &Value, property: &Value, described: &str) -> bool {
    let kind = property["type"].as_str().or_else(|| property["type"][0].as_str());
    let reference = property["$ref"].as_str().or_else(|| property["anyOf"][0]["$ref"].as_str());
    let definition = reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    let values = [Some(property), definition].into_iter().flatten();
    let mut values = values.filter_map(|of| of["enum"].as_array()).flatten().filter_map(Value::as_str);
    let said = quoted(described);
    let word = match kind {
        Some("array") => "list",
        Some("boolean") => "true",
        Some("integer") => "number",
        _ => "",
    };
    described.contains(word) && values.all(|value| said.contains(&value)) && says_default(property, described)
}

/// Returns whether a description has the default that the schema gives to a property.
fn says_default(property: &Value, described: &str) -> bool {
    let default = match &property["default"] {
        Value::String(text) => text.clone(),
        default @ (Value::Bool(_) | Value::Number(_)) => default.to_string(),
        // Lists and objects have no place in a row, but for their only value.
        Value::Array(values) => values.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => return true,
    };
    let [before, after] = [format!("{default}` (default)"), format!("default: {default}")];
    let [number, json] = [format!("{default} (default)"), format!("default: `\"{default}\"`")];
    default.is_empty() || [before, after, number, json].iter().any(|said| described.contains(said))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_name_the_field() {
        let schema = json!({
            "properties": {
                "rules": {"type": ["array", "null"]},
                "query": {"$ref": "#/$defs/Query"},
                "forgotten": {"type": "string"},
                "port": {"type": "integer"},
                "times": {"type": "integer", "default": 3},
                "cost": {"type": "integer", "default": 1},
                "on_error": {"type": "string", "default": "allow"},
            },
            "$defs": {"Query": {"enum": ["keep", "drop"]}},
        });
        let readme = "# a\n\n## Configuration\n\n| field | type | meaning |\n|---|---|---|\n\
                      | `rules` | list | x |\n| `query` | `keep` | x |\n| `port` | text | x |\n| `more` | text | x |\n\
                      | `times` | number | default: 2 |\n| `cost` | number | default: 1 |\n\
                      | `on_error` | `allow` (default) | x |\n";
        assert_eq!(
            errors(readme, "", &schema),
            [
                "the README gives `query` a wrong type or wrong values:  `keep` | x |",
                "the README gives `port` a wrong type or wrong values:  text | x |",
                "`more` is described, but the configuration has no such field",
                "the README gives `times` a wrong type or wrong values:  number | default: 2 |",
                "`forgotten` is not described",
            ]
        );
    }

    #[test]
    fn a_filter_that_extends_another_describes_only_its_own_fields() {
        let schema = json!({"properties": {"port": {"type": "integer"}, "name": {"type": "string"}, "new": {"type": "integer"}}});
        let readme = |fields: &str| format!("\n## Configuration\n| field |\n{fields}");
        let base = readme("| `port` | number |\n| `name` | text |\n| `new` | text |\n");
        let error = "the README gives `port` a wrong type or wrong values:  text |";
        assert_eq!(errors(&readme("| `port` | text |\n| `new` | number |\n"), &base, &schema), [error]);
        assert_eq!(errors(&readme("| `new` | number |\n"), &base, &schema), Vec::<String>::new());
    }

    #[test]
    fn a_field_may_span_several_rows() {
        let schema = json!({
            "properties": {"action": {"$ref": "#/$defs/Action"}},
            "$defs": {"Action": {"enum": ["set", "remove"]}},
        });
        let readme =
            "\n## Configuration\n| field |\n| `action` | `set` | x |\n| | `remove` | x |\n\n## Pitfalls\n";
        assert_eq!(errors(readme, "", &schema), Vec::<String>::new());
    }
}
