//! The two syntaxes of a replacement: `$1` for a regex, `{name}` for a path template.

use proxy_filter::config::ConfigError;
use regex::bytes::Regex;

use super::{Part, Replacement};
use crate::{path_template, safety};

impl Replacement {
    /// Parses `$1`, `${1}`, `$name`, `${name}` and `$$`. `$1a` is group 1, then `a`.
    pub(crate) fn parse(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        // Envoy's own rewrites write groups like this. Taken literally, it would add a backslash to the path.
        if let Some(digit) =
            source.split('\\').skip(1).find_map(|after| after.chars().next().filter(char::is_ascii_digit))
        {
            return Err(ConfigError::new(format_args!(
                "`\\{digit}` is not a group reference: write `${digit}` or `${{{digit}}}`"
            )));
        }
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('$') {
            push_text(&mut parts, text);
            rest = match after.strip_prefix('$') {
                Some(after) => {
                    push_text(&mut parts, "$");
                    after
                }
                None => {
                    let (name, after) = split_group_name(after)?;
                    parts.push(Part::Group(group(name, regex)?));
                    after
                }
            };
        }
        push_text(&mut parts, rest);
        Self(parts).checked()
    }

    /// Parses `{name}`, where `regex` is that of a path template.
    pub(crate) fn parse_template(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('{') {
            push_text(&mut parts, text);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| ConfigError::new(path_template::unclosed_brace(after)))?;
            parts.push(Part::Group(variable(name, regex)?));
            rest = after;
        }
        push_text(&mut parts, rest);
        if let Some(Part::Text(text)) =
            parts.iter().find(|part| matches!(part, Part::Text(text) if text.contains(&b'}')))
        {
            let text = String::from_utf8_lossy(text);
            return Err(ConfigError::new(path_template::unopened_brace(&text)));
        }
        let replacement = Self(parts).checked()?;
        safety::check_example(source, &replacement.example())?;
        Ok(replacement)
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.extend_from_slice(text.as_bytes()),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.into())),
    }
}

/// Splits the number or name of a group off the text after a `$`.
fn split_group_name(after: &str) -> Result<(&str, &str), ConfigError> {
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}').ok_or_else(|| {
            ConfigError::new(format_args!("unmatched `{{` in `${after}`: write a group as `${{name}}`"))
        });
    }
    let is_number = after.starts_with(|c: char| c.is_ascii_digit());
    let belongs = |c: char| c.is_ascii_digit() || !is_number && (c.is_ascii_alphabetic() || c == '_');
    let end = after.find(|c| !belongs(c)).unwrap_or(after.len());
    match after.split_at_checked(end) {
        Some((name, rest)) if !name.is_empty() => Ok((name, rest)),
        _ => Err(ConfigError::new("expected a group after `$`, such as `$1`; write `$$` for a dollar sign")),
    }
}

/// Finds the index of a regex's group, by number or name.
fn group(name: &str, regex: &Regex) -> Result<usize, ConfigError> {
    let found = match name.parse::<usize>() {
        Ok(number) => (number < regex.captures_len()).then_some(number),
        Err(_) => regex.capture_names().position(|group| group == Some(name)),
    };
    found.ok_or_else(|| {
        let last = regex.captures_len().saturating_sub(1);
        let named: Vec<_> = regex.capture_names().flatten().map(|name| format!("`${{{name}}}`")).collect();
        ConfigError::new(format_args!(
            "unknown group `{name}`: the regex has `${{0}}`{}{}",
            if last > 0 { format!(" to `${{{last}}}`") } else { String::new() },
            if named.is_empty() { String::new() } else { format!(", by name {}", named.join(", ")) },
        ))
    })
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
