//! Finds the configurations in a README.

/// Returns the contents of the `json` blocks in a Markdown text.
///
/// # Panics
/// The text has no `json` blocks. Otherwise a test of them would always pass.
pub fn json_examples(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```json\n").skip(1);
    let examples: Vec<_> = blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0)).collect();
    assert!(!examples.is_empty(), "no json blocks");
    examples
}
