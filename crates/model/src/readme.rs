//! The configurations that a README shows.

/// The contents of a Markdown text's `json` blocks.
pub fn json_examples(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```json\n").skip(1);
    blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0)).collect()
}
