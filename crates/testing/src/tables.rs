//! The tables in which a README describes a configuration, held against the schema of its types.

use std::collections::BTreeMap;

use serde_json::Value;

/// Types that filters share; they are described once, in this filter's README.
const SHARED: &str = "add-header#configuration";

/// What a README says under `## Configuration`.
struct Section<'a> {
    text: &'a str,
    /// The rows of all tables whose first column is headed `field`: each field, and what stands beside it.
    fields: Vec<(&'a str, String)>,
}

/// What is wrong with the tables of a README, a line each: fields that are missing there, that there are not,
/// or that have another type or other values.
pub(crate) fn complaints(readme: &str, schema: &Value) -> Vec<String> {
    let Some(section) = Section::find(readme) else {
        return vec!["there is no section `## Configuration`".into()];
    };
    let properties = properties(schema, section.text.contains(SHARED));
    let mut complaints: Vec<_> = section
        .fields
        .iter()
        .filter_map(|(field, described)| match properties.get(*field) {
            None => Some(format!("`{field}` is described, but there is no such field")),
            Some(of_name) if of_name.iter().any(|property| fits(schema, property, described)) => None,
            Some(_) => Some(format!("`{field}` is of another type, or has other values: {described}")),
        })
        .collect();
    let is_described = |name: &str| {
        section.fields.iter().any(|(field, _)| *field == name)
            || section.text.contains(&format!("\"{name}\""))
    };
    let missing = properties.keys().filter(|name| !is_described(name));
    complaints.extend(missing.map(|name| format!("`{name}` is not described")));
    complaints
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

/// What stands in back-ticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Every field of the schema's objects, by name; without those of conditions, where they are described elsewhere.
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

/// Whether what a README says of a field can be said of this one.
fn fits(schema: &Value, property: &Value, described: &str) -> bool {
    let kind = property["type"].as_str().or_else(|| property["type"][0].as_str());
    let reference = property["$ref"].as_str().or_else(|| property["anyOf"][0]["$ref"].as_str());
    let definition = reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    let variants = definition.and_then(|definition| definition["oneOf"].as_array()).into_iter().flatten();
    let mut values = variants.filter_map(|variant| variant["const"].as_str());
    let said = quoted(described);
    let word = match kind {
        Some("array") => "list",
        Some("boolean") => "true",
        Some("integer") => "number",
        _ => "",
    };
    described.contains(word) && values.all(|value| said.contains(&value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let schema = json!({
            "properties": {
                "rules": {"type": ["array", "null"]},
                "query": {"$ref": "#/$defs/Query"},
                "forgotten": {"type": "string"},
                "port": {"type": "integer"},
            },
            "$defs": {"Query": {"oneOf": [{"const": "keep"}, {"const": "drop"}]}},
        });
        let readme = "# a\n\n## Configuration\n\n| field | type | meaning |\n|---|---|---|\n\
                      | `rules` | list | x |\n| `query` | `keep` | x |\n| `port` | text | x |\n| `more` | text | x |\n";
        assert_eq!(
            complaints(readme, &schema),
            [
                "`query` is of another type, or has other values:  `keep` | x |",
                "`port` is of another type, or has other values:  text | x |",
                "`more` is described, but there is no such field",
                "`forgotten` is not described",
            ]
        );
    }

    #[test]
    fn what_a_row_says_in_several_lines_counts() {
        let schema = json!({
            "properties": {"action": {"$ref": "#/$defs/Action"}},
            "$defs": {"Action": {"oneOf": [{"const": "set"}, {"const": "remove"}]}},
        });
        let readme =
            "\n## Configuration\n| field |\n| `action` | `set` | x |\n| | `remove` | x |\n\n## Pitfalls\n";
        assert_eq!(complaints(readme, &schema), Vec::<String>::new());
    }
}
