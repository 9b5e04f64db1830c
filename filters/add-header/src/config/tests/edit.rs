//! Edits that are refused: all of them in the module without regular expressions.

#[cfg(not(feature = "edit"))]
pub(super) const WRONG: [&str; 3] = [
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": ""}]}"#,
    r#"{"response": [{"regex": "b", "action": "edit", "name": "a", "replace": ""}]}"#,
    r#"{"response": [{"action": "set", "name": "a", "value": "b", "drop_empty": true}]}"#,
];

#[cfg(feature = "edit")]
pub(super) const WRONG: [&str; 23] = [
    r#"{"response": [{"action": "edit", "regex": "b", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b(", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b{1000}{1000}", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b(?!c)", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "\\p{L}", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": 7, "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "(b)", "replace": "$2"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "(b)", "replace": "\\1"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": "c\r\nd"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": "", "occurrences": "last"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": "", "drop_empty": "yes"}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": "", "value": "c"}]}"#,
    r#"{"response": [{"action": "edit", "prefix": "x-", "regex": "b", "replace": ""}]}"#,
    r#"{"response": [{"action": "edit", "name": "a", "regex": "b", "replace": "", "to": "c"}]}"#,
    r#"{"response": [{"action": "edit", "name": "content-length", "regex": "b", "replace": ""}]}"#,
    r#"{"request": [{"action": "edit", "name": ":path", "regex": "b", "replace": ""}]}"#,
    r#"{"request": [{"action": "edit", "name": "x-forwarded-proto", "regex": "s$", "replace": "", "drop_empty": true}]}"#,
    r#"{"request": [{"action": "edit", "name": "a", "regex": "b", "replace": "", "when": {"status": 404}}]}"#,
    r#"{"response": [{"action": "set", "name": "a", "value": "b", "regex": "c"}]}"#,
    r#"{"response": [{"action": "remove", "name": "a", "drop_empty": true}]}"#,
    r#"{"response": [{"action": "edti", "name": "a", "regex": "b", "replace": ""}]}"#,
];
