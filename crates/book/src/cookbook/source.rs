//! The text of a field, as the author of a file laid it out.

/// Returns the lines of a top-level field of a YAML file, comments included, without their indentation. `None` if the file
/// has no such field.
pub(super) fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| line.strip_suffix(':') != Some(name));
    lines.next()?;
    let inside = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    Some(inside.map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect())
}

/// Indents the lines of a text by this many spaces.
#[must_use]
pub fn indented(text: &str, spaces: usize) -> String {
    let indentation = " ".repeat(spaces);
    let line = |line: &str| if line.is_empty() { "\n".into() } else { format!("{indentation}{line}\n") };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_layout() {
        let text =
            "title: a\nconfiguration:\n  # Why.\n  rules:\n    - {a: 1}\n\n  b: 2\nexchanges:\n  - c\n";
        assert_eq!(field(text, "configuration").unwrap(), "# Why.\nrules:\n  - {a: 1}\n\nb: 2\n");
        assert_eq!(field(text, "routes"), None);
        assert_eq!(indented("a:\n\n  b\n", 2), "  a:\n\n    b\n");
    }
}
