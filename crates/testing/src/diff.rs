//! Differences between texts, line by line.

use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 12;

/// Shows the lines of two texts around their differences: a minus marks those of the first text, a plus those of the
/// second.
pub(crate) fn diff(first: &str, second: &str) -> String {
    let diff = TextDiff::from_lines(first, second);
    let line = |change: similar::Change<&str>| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        format!("{sign} {change}")
    };
    let groups = diff.grouped_ops(CONTEXT);
    let changes = groups.iter().flatten().flat_map(|operation| diff.iter_changes(operation));
    changes.map(line).collect()
}
