//! Messages as lines, and the difference between two of them.

use proxy_filter_test::Headers;
use similar::{ChangeTag, TextDiff};

use crate::terminal::{Style, styled};

/// Returns text as it is, but for characters that a terminal may act on. Other bytes are escaped.
fn printable(bytes: &[u8]) -> String {
    let shown = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    std::str::from_utf8(bytes)
        .map_or_else(|_| bytes.escape_ascii().to_string(), |text| text.chars().map(shown).collect())
}

/// Returns a message as lines: a header per line, then the body and the trailers.
pub(super) fn of_message(headers: &Headers, body: &[Vec<u8>], trailers: &Headers) -> Vec<String> {
    let line = |(name, value): (&[u8], &[u8])| format!("{}: {}", printable(name), printable(value));
    let mut lines: Vec<_> = headers.iter().map(line).collect();
    let body = body.concat();
    if !body.is_empty() {
        lines.push(format!("body: {}", printable(&body)));
    }
    lines.extend(trailers.iter().map(|trailer| format!("trailer {}", line(trailer))));
    lines
}

/// Returns bytes as lines, which end after each line feed.
pub(super) fn of_bytes(bytes: &[u8]) -> Vec<String> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(printable).collect()
}

/// Shows what changed: removed lines have a minus, added ones a plus.
pub(super) fn changes(before: &[String], after: &[String], has_colors: bool) -> String {
    let [before, after] = [before, after].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
    let difference = TextDiff::from_slices(&before, &after);
    let line = |change: similar::Change<&str>| match change.tag() {
        ChangeTag::Equal => format!("    {}\n", change.value()),
        ChangeTag::Delete => styled(&format!("  - {}", change.value()), Style::Red, has_colors) + "\n",
        ChangeTag::Insert => styled(&format!("  + {}", change.value()), Style::Green, has_colors) + "\n",
    };
    difference.iter_all_changes().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_and_added_lines_are_marked() {
        let [before, after] = [["a: 1", "b: 1"], ["a: 1", "b: 2"]].map(|lines| lines.map(str::to_owned));
        assert_eq!(changes(&before, &after, false), "    a: 1\n  - b: 1\n  + b: 2\n");
        assert!(changes(&before, &after, true).contains("\x1b[31m  - b: 1\x1b[0m\n"));
    }

    #[test]
    fn bytes_cannot_reach_the_terminal() {
        assert_eq!(of_bytes(b"a\n\x1b[31m"), [r"a\n", r"\u{1b}[31m"]);
    }
}
