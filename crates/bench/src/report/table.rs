//! Markdown tables.

/// Returns a table. All columns but those of text, at the left, are aligned to the right.
pub(super) fn table(
    head: &[&str],
    text_columns: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let align = |(column, _)| if column < text_columns { "---" } else { "---:" };
    let rule: Vec<_> = head.iter().enumerate().map(align).collect();
    let body: String = rows.into_iter().map(|cells| line(&cells)).collect();
    format!("{}|{}|\n{body}", line(&head), rule.join("|"))
}

/// Returns a number of instructions in thousands.
pub(super) fn thousands(instructions: f64) -> String {
    format!("{:.1}k", instructions / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let shown = table(&["job", "cost"], 1, [vec!["a".to_owned(), thousands(1_250.0)]]);
        assert_eq!(shown, "| job | cost |\n|---|---:|\n| a | 1.2k |\n");
    }
}
