//! Messages as lines, and the difference between two of them.

use similar::{ChangeTag, TextDiff};

use super::mark::{Mark, Paint};
use crate::bytes::Bytes;
use crate::report::Message;

/// Returns a message as lines: a header per line, then the body and the trailers.
pub(super) fn of_message(message: &Message) -> Vec<String> {
    let line = |(name, value): &(String, Bytes)| format!("{}: {value}", Bytes::from(name.as_str()));
    let status = message.status.map(|status| format!(":status: {status}"));
    let body = (!message.body.0.is_empty()).then(|| format!("body: {}", message.body));
    let trailers = message.trailers.iter().map(|trailer| format!("trailer {}", line(trailer)));
    status.into_iter().chain(message.headers.iter().map(line)).chain(body).chain(trailers).collect()
}

/// Returns bytes as lines, which end after each line feed.
pub(super) fn of_bytes(bytes: &Bytes) -> Vec<String> {
    bytes.0.split_inclusive(|byte| *byte == b'\n').map(|line| Bytes::from(line).to_string()).collect()
}

/// Shows what changed: removed lines have a minus, added ones a plus.
pub(super) fn changes(before: &[String], after: &[String], paint: Paint<'_>) -> String {
    let [before, after] = [before, after].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
    let difference = TextDiff::from_slices(&before, &after);
    let line = |change: similar::Change<&str>| match change.tag() {
        ChangeTag::Equal => format!("    {}\n", change.value()),
        ChangeTag::Delete => paint(Mark::Removed, &format!("  - {}", change.value())) + "\n",
        ChangeTag::Insert => paint(Mark::Added, &format!("  + {}", change.value())) + "\n",
    };
    difference.iter_all_changes().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_and_added_lines_are_marked() {
        let [before, after] = [["a: 1", "b: 1"], ["a: 1", "b: 2"]].map(|lines| lines.map(str::to_owned));
        let plain = changes(&before, &after, &|_, line| line.to_owned());
        assert_eq!(plain, "    a: 1\n  - b: 1\n  + b: 2\n");
        let marked = changes(&before, &after, &|mark, line| format!("{mark:?}{line}"));
        assert_eq!(marked, "    a: 1\nRemoved  - b: 1\nAdded  + b: 2\n");
    }

    #[test]
    fn lines_end_after_line_feeds() {
        assert_eq!(of_bytes(&Bytes::from("a\n\x1b[31m")), [r"a\n", r"\u{1b}[31m"]);
    }
}
