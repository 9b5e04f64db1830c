//! The replacement of a path template's match: `{name}` is a segment.

use proxy_filter::config::ConfigError;
use regex_replace::{Part, Regex, group_names, named_group};

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
    named_group(name, regex).ok_or_else(|| {
        let names = group_names(regex, "`{", "}`");
        let known = if names.is_empty() { "no variables" } else { &names };
        ConfigError::new(format_args!("unknown template variable `{{{name}}}`: the template has {known}"))
    })
}
