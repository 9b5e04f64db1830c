//! A mistake with its line of a file.

use std::fmt;

use proxy_filter_envoy::deployed::Position;

/// A mistake, shown with the line of the file that it is in and a caret below.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The file, as the user named it.
    pub file: String,
    /// Where the mistake is, if that is known.
    pub position: Option<Position>,
    /// What is wrong. Empty if it has been said.
    pub message: String,
    /// The line. Empty if it is not known.
    pub line: String,
}

impl Diagnostic {
    /// Marks a position of a text, which is a file's.
    pub fn new(file: &str, text: &str, position: Option<Position>, message: &str) -> Self {
        let number = position.and_then(|position| usize::try_from(position.line).ok()?.checked_sub(1));
        let line = number.and_then(|number| text.lines().nth(number)).unwrap_or_default();
        Self { file: file.into(), position, message: message.into(), line: line.into() }
    }
}

/// Shows `FILE:LINE:COLUMN: message`, then the line with a caret below.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Position { line, column }) = self.position else {
            return write!(f, "{}: {}", self.file, self.message);
        };
        write!(f, "{}:{line}:{column}:", self.file)?;
        if !self.message.is_empty() {
            write!(f, " {}", self.message)?;
        }
        let (shown, before) =
            window(&self.line, usize::try_from(column).unwrap_or_default().saturating_sub(1));
        if !shown.trim().is_empty() {
            let number = line.to_string();
            // A tab in the line takes up as much space below it.
            let below: String = shown
                .chars()
                .take(before)
                .map(|character| if character == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n{number} | {}\n{} | {below}^", shown.trim_end(), " ".repeat(number.len()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Returns the part of a line that fits a terminal, and the number of characters in it before a column.
fn window(line: &str, before: usize) -> (String, usize) {
    /// The widest line that is shown whole, and the characters that are shown before the caret in a wider one.
    const WIDTH: usize = 120;
    const CONTEXT: usize = 40;
    let printable =
        |character: char| if character.is_control() && character != '\t' { '?' } else { character };
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.chars().map(printable).collect(), before);
    }
    let start = before.saturating_sub(CONTEXT);
    let (head, at) =
        if start > 0 { ("... ", before.saturating_sub(start).saturating_add(4)) } else { ("", before) };
    let tail = if length.saturating_sub(start) > WIDTH { " ..." } else { "" };
    let part: String = line.chars().skip(start).take(WIDTH).map(printable).collect();
    (format!("{head}{part}{tail}"), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: u64, column: u64) -> String {
        Diagnostic::new("a.yaml", text, Some(Position { line, column }), "wrong").to_string()
    }

    #[test]
    fn a_caret_is_below_the_column() {
        assert_eq!(shown("a:\n\tb: é x\n", 2, 7), "a.yaml:2:7: wrong\n2 | \tb: é x\n  | \t     ^");
        assert_eq!(shown("a:\n", 9, 1), "a.yaml:9:1: wrong");
        assert_eq!(Diagnostic::new("a.yaml", "a", None, "wrong").to_string(), "a.yaml: wrong");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let text = format!("{}x{}", "a".repeat(200), "b".repeat(200));
        let shown = shown(&text, 1, 201);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[1].len(), "1 | ... ".len() + 120 + " ...".len());
        assert_eq!(lines[1].find('x'), lines[2].find('^'));
    }
}
