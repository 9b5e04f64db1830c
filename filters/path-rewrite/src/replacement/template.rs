//! The replacement of a path template's match: `{name}` is a segment.

use proxy_filter::config::ConfigError;
use regex_replace::{Part, Regex};

use super::Replacement;
use crate::{path_template, safety};

impl Replacement {
    /// Parses `{name}`, where `regex` is that of a path template.
    pub(crate) fn parse_template(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        let mut parts = regex_replace::Replacement::default();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('{') {
            parts.push_text(text);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| ConfigError::new(path_template::unclosed_brace(after)))?;
            parts.push_group(variable(name, regex)?);
            rest = after;
        }
        parts.push_text(rest);
        if let Some(Part::Text(text)) =
            parts.parts().iter().find(|part| matches!(part, Part::Text(text) if text.contains(&b'}')))
        {
            let text = String::from_utf8_lossy(text);
            return Err(ConfigError::new(path_template::unopened_brace(&text)));
        }
        let replacement = super::checked(parts)?;
        safety::check_example(source, &replacement.example())?;
        Ok(replacement)
    }
}

/// Finds the index of the group that captures a template's variable.
fn variable(name: &str, regex: &Regex) -> Result<usize, ConfigError> {
    regex.capture_names().position(|group| group == Some(name)).ok_or_else(|| {
        let names: Vec<_> = regex.capture_names().flatten().map(|name| format!("`{{{name}}}`")).collect();
        let known = match names.is_empty() {
            true => "the template has no variables".into(),
            false => format!("the template has {}", names.join(", ")),
        };
        ConfigError::new(format_args!("unknown template variable `{{{name}}}`: {known}"))
    })
}
