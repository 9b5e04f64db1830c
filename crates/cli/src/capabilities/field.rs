//! The field of Envoy's plugin configuration that restricts a module.

use proxy_filter_module::Capabilities;

/// The name of the field, which is one of the plugin's. Envoy 1.36 to 1.40 read it there. 1.40 warns, because it also reads it
/// in `vm_config`, which older versions refuse.
pub const FIELD: &str = "capability_restriction_config";

/// The most bytes on a line besides its indentation, so that a README can quote a file.
const WIDTH: usize = 92;

/// Returns the field's lines, indented, with all that a module needs.
pub(super) fn of(capabilities: &Capabilities, indent: &str) -> String {
    let mut text = format!("{indent}{FIELD}:\n{indent}  allowed_capabilities:\n");
    let mut line = String::from("{");
    let mut names = capabilities.names().peekable();
    while let Some(name) = names.next() {
        let end = if names.peek().is_some() { "," } else { "}" };
        let entry = format!("{name}: {{}}{end}");
        if line.len().saturating_add(entry.len()) >= WIDTH {
            text.push_str(&format!("{indent}    {line}\n"));
            line = format!(" {entry}");
        } else {
            line.push_str(if line == "{" { "" } else { " " });
            line.push_str(&entry);
        }
    }
    text + &format!("{indent}    {line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_and_short() {
        let names = |count: usize| (0..count).map(|number| format!("proxy_on_{number:04}")).collect();
        let capabilities = Capabilities { callbacks: names(10), ..Capabilities::default() };
        let text = of(&capabilities, "    ");
        assert!(text.lines().all(|line| line.starts_with("    ") && line.len() <= 8 + WIDTH), "{text}");
        assert_eq!(text.matches(": {}").count(), 10, "{text}");
        assert!(text.contains("\n        {proxy_on_0000: {}, proxy_on_0001: {},"), "{text}");
        assert!(text.ends_with(" proxy_on_0008: {}, proxy_on_0009: {}}\n"), "{text}");
    }
}
