//! The syntax of a replacement: `$1` and `${name}` are groups.

use proxy_filter::config::ConfigError;
use regex::bytes::Regex;

use super::Replacement;

impl Replacement {
    /// Parses `$1`, `${1}`, `$name`, `${name}` and `$$`. `$1a` is group 1, then `a`.
    ///
    /// # Errors
    /// A `$` or `\1` that is not a group of this regex. The error says how to fix it.
    pub fn parse(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        // Envoy's own rewrites write groups like this. Taken literally, it would add a backslash to the result.
        if let Some(digit) =
            source.split('\\').skip(1).find_map(|after| after.chars().next().filter(char::is_ascii_digit))
        {
            return Err(ConfigError::new(format_args!(
                "`\\{digit}` is not a group reference: write `${digit}` or `${{{digit}}}`"
            )));
        }
        let mut replacement = Self::default();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('$') {
            replacement.push_text(text);
            rest = match after.strip_prefix('$') {
                Some(after) => {
                    replacement.push_text("$");
                    after
                }
                None => {
                    let (name, after) = split_group_name(after)?;
                    replacement.push_group(group(name, regex)?);
                    after
                }
            };
        }
        replacement.push_text(rest);
        Ok(replacement)
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
        Err(_) => named_group(name, regex),
    };
    found.ok_or_else(|| {
        let last = regex.captures_len().saturating_sub(1);
        let named = group_names(regex, "`${", "}`");
        ConfigError::new(format_args!(
            "unknown group `{name}`: the regex has `${{0}}`{}{}{named}",
            if last > 0 { format!(" to `${{{last}}}`") } else { String::new() },
            if named.is_empty() { "" } else { ", by name " },
        ))
    })
}

/// Finds the index of the group of this name.
#[inline(never)]
pub fn named_group(name: &str, regex: &Regex) -> Option<usize> {
    regex.capture_names().position(|group| group == Some(name))
}

/// Lists the names of the groups, each between these texts.
#[inline(never)]
pub fn group_names(regex: &Regex, before: &str, after: &str) -> String {
    let mut names = String::new();
    for name in regex.capture_names().flatten() {
        let separator = if names.is_empty() { "" } else { ", " };
        [separator, before, name, after].iter().for_each(|text| names.push_str(text));
    }
    names
}
