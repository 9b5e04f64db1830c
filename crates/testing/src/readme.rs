//! The configurations that a README shows.

/// The contents of a Markdown text's `json` blocks.
///
/// # Panics
/// There are none: a test over them could not fail.
pub fn json_examples(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```json\n").skip(1);
    let examples: Vec<_> = blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0)).collect();
    assert!(!examples.is_empty(), "no json blocks");
    examples
}
