//! The replacement of a regex rule: text, and groups of the match.

use proxy_filter::config::ConfigError;
use regex::bytes::{Captures, Regex};

use crate::budget::{Budget, Search};
use crate::safety::{self, Unsafe};

/// Matches that are replaced in one path at most.
const MATCH_LIMIT: usize = 128;

/// Which matches are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrences {
    All,
    First,
}

/// A compiled replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    Group(usize),
}

impl Replacement {
    /// Compiles `$1`, `${1}`, `$name`, `${name}` and `$$`. `$1a` is group 1, then `a`.
    pub(crate) fn parse(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        // As Envoy's own rewrites have it; left as it is, it would write a backslash.
        if let Some(digit) =
            source.split('\\').skip(1).find_map(|after| after.chars().next().filter(char::is_ascii_digit))
        {
            return Err(ConfigError::new(format_args!(
                "`\\{digit}` is no group: write `${digit}`, or `${{{digit}}}`"
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
                    let (name, after) = split_name(after)?;
                    parts.push(Part::Group(group(name, regex)?));
                    after
                }
            };
        }
        push_text(&mut parts, rest);
        Self(parts).checked()
    }

    /// Compiles `{name}`, for the regex of a template.
    pub(crate) fn parse_template(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('{') {
            push_text(&mut parts, text);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| ConfigError::new(format_args!("`{{{after}` has no closing brace")))?;
            let group = regex.capture_names().position(|group| group == Some(name)).ok_or_else(|| {
                let names: Vec<_> =
                    regex.capture_names().flatten().map(|name| format!("`{{{name}}}`")).collect();
                let names = if names.is_empty() { "none".into() } else { names.join(", ") };
                ConfigError::new(format_args!("`{{{name}}}` is no name of the template, which has {names}"))
            })?;
            parts.push(Part::Group(group));
            rest = after;
        }
        push_text(&mut parts, rest);
        if let Some(Part::Text(text)) =
            parts.iter().find(|part| matches!(part, Part::Text(text) if text.contains(&b'}')))
        {
            let text = String::from_utf8_lossy(text);
            return Err(ConfigError::new(format_args!("`{text}` has a brace that nothing opens")));
        }
        let replacement = Self(parts).checked()?;
        match safety::check(b"/", &replacement.example()) {
            Ok(_) => Ok(replacement),
            Err(reason) => {
                Err(ConfigError::new(format_args!("`{}` is never written: {reason}", source.escape_debug())))
            }
        }
    }

    /// Refuses what no result may contain.
    fn checked(self) -> Result<Self, ConfigError> {
        let texts = self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            Part::Group(_) => None,
        });
        match texts.flatten().find(|byte| safety::is_refused(**byte)) {
            Some(byte) => Err(ConfigError::new(format_args!(
                "{:?} cannot stand in a path: if it is part of a name, write it as `%{byte:02X}`",
                char::from(*byte)
            ))),
            None => Ok(self),
        }
    }

    /// What it gives where each group is `x`.
    fn example(&self) -> Vec<u8> {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Group(_) => b"x".to_vec(),
        };
        self.0.iter().flat_map(part).collect()
    }

    /// The path with its matches replaced, and where in it that begins which a client wrote behind the first of
    /// them; `None` if there is none.
    ///
    /// A single match takes time in proportion to the path. Many can each look at all of it, and the
    /// result of many can be large: both are bounded, and what exceeds them is not written.
    pub(crate) fn replace(
        &self,
        search: &Search,
        budget: &Budget,
        path: &[u8],
        occurrences: Occurrences,
    ) -> Option<Result<(usize, Vec<u8>), Unsafe>> {
        let mut new_path = NewPath { bytes: Vec::with_capacity(path.len()), in_query: false, own: None };
        let mut copied = 0;
        let mut count = 0_usize;
        let mut matches = search.regex.captures_iter(path);
        loop {
            let left = path.len().saturating_sub(copied);
            if let Err(reason) = search.afford(budget, left) {
                return Some(Err(reason));
            }
            let Some(captures) = matches.next() else {
                search.charge(budget, left, None);
                break;
            };
            count = count.saturating_add(1);
            if count > MATCH_LIMIT {
                return Some(Err(Unsafe::TooManyMatches));
            }
            let Some(whole) = captures.get(0) else { continue };
            new_path.push_of_client(path.get(copied..whole.start()).unwrap_or_default());
            self.expand(&captures, &mut new_path);
            new_path.own.get_or_insert(new_path.bytes.len());
            search.charge(budget, left, Some(whole.end().saturating_sub(copied)));
            copied = whole.end();
            if new_path.bytes.len() > safety::LIMIT {
                return Some(Err(Unsafe::TooLong(new_path.bytes.len())));
            }
            if occurrences == Occurrences::First {
                break;
            }
        }
        new_path.push_of_client(path.get(copied..).unwrap_or_default());
        new_path.own.map(|own| Ok((own, new_path.bytes)))
    }

    fn expand(&self, captures: &Captures<'_>, to: &mut NewPath) {
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    to.in_query |= text.contains(&b'?');
                    to.bytes.extend_from_slice(text);
                }
                Part::Group(index) => {
                    let group = captures.get(*index).map_or(b"".as_slice(), |group| group.as_bytes());
                    if !group.is_empty() {
                        to.own.get_or_insert(to.bytes.len());
                    }
                    to.push_of_client(group);
                }
            }
        }
    }
}

/// A result in the making.
struct NewPath {
    bytes: Vec<u8>,
    /// Whether a replacement has begun a query.
    in_query: bool,
    /// Where that begins which a client wrote, behind the beginning of the first replacement.
    own: Option<usize>,
}

impl NewPath {
    /// What a client put into a path must not become a parameter: behind a `?` of a replacement what
    /// separates parameters is encoded.
    fn push_of_client(&mut self, bytes: &[u8]) {
        if !self.in_query {
            return self.bytes.extend_from_slice(bytes);
        }
        for byte in bytes {
            match byte {
                b'&' | b'=' | b'+' | b';' => self.bytes.extend(format!("%{byte:02X}").into_bytes()),
                byte => self.bytes.push(*byte),
            }
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.extend_from_slice(text.as_bytes()),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.into())),
    }
}

/// Splits off the group's name or number that stands after a `$`.
fn split_name(after: &str) -> Result<(&str, &str), ConfigError> {
    if let Some(braced) = after.strip_prefix('{') {
        return braced
            .split_once('}')
            .ok_or_else(|| ConfigError::new(format_args!("`${after}` has no closing brace")));
    }
    let is_number = after.starts_with(|c: char| c.is_ascii_digit());
    let belongs = |c: char| c.is_ascii_digit() || !is_number && (c.is_ascii_alphabetic() || c == '_');
    let end = after.find(|c| !belongs(c)).unwrap_or(after.len());
    match after.split_at_checked(end) {
        Some((name, rest)) if !name.is_empty() => Ok((name, rest)),
        _ => Err(ConfigError::new(
            "`$` is not followed by a group's number or name; write `$$` for a dollar sign",
        )),
    }
}

fn group(name: &str, regex: &Regex) -> Result<usize, ConfigError> {
    let found = match name.parse::<usize>() {
        Ok(number) => (number < regex.captures_len()).then_some(number),
        Err(_) => regex.capture_names().position(|group| group == Some(name)),
    };
    found.ok_or_else(|| {
        let last = regex.captures_len().saturating_sub(1);
        let named: Vec<_> = regex.capture_names().flatten().map(|name| format!("${{{name}}}")).collect();
        ConfigError::new(format_args!(
            "no group `{name}` in the regex: there is ${{0}}{}{}",
            if last > 0 { format!(" to ${{{last}}}") } else { String::new() },
            if named.is_empty() { String::new() } else { format!(", by name {}", named.join(" ")) },
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(regex: &str, replacement: &str, path: &str) -> Option<String> {
        let regex = Regex::new(regex).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        replacement
            .replace(&Search::new(regex), &Budget::default(), path.as_bytes(), Occurrences::All)
            .map(|made| String::from_utf8(made.unwrap().1).unwrap())
    }

    #[test]
    fn work_and_size_are_bounded() {
        let replace_all = |replacement: &str, path: &str| {
            let regex = Regex::new("/").unwrap();
            let replacement = Replacement::parse(replacement, &regex).unwrap();
            replacement
                .replace(&Search::new(regex), &Budget::default(), path.as_bytes(), Occurrences::All)
                .unwrap()
        };
        assert!(replace_all("x", &"/".repeat(MATCH_LIMIT)).is_ok());
        assert_eq!(replace_all("x", &"/".repeat(MATCH_LIMIT + 1)), Err(Unsafe::TooManyMatches));
        assert_eq!(replace_all(&"y".repeat(5000), "////"), Err(Unsafe::TooLong(10_000)));
    }

    #[test]
    fn groups() {
        for (regex, replacement, path, expected) in [
            ("banana/([0-9]*)", "status/$1", "/banana/418", Some("/status/418")),
            ("banana/([0-9]*)", "status/${1}", "/x", None),
            ("(a)(b)", "$2$1", "/ab/ab", Some("/ba/ba")),
            ("(a)", "$1a", "/a", Some("/aa")),
            ("(?P<who>x)", "$who-${who}-$0-$$1", "/x", Some("/x-x-x-$1")),
            ("(x)|(y)", "[$2]", "/x", Some("/[]")),
            ("", "-", "ab", Some("-a-b-")),
            ("^/u/(.*)$", "/u?id=$1", "/u/7&admin=1", Some("/u?id=7%26admin%3D1")),
            ("^/u/([0-9]+)", "/u?id=$1", "/u/7&admin=1", Some("/u?id=7%26admin%3D1")),
            ("/([^/]+)", "/$1?k=v", "/a/b&admin=1", Some("/a?k=v/b%26admin%3D1?k=v")),
            ("^/u/(.*)$", "/u/$1?a=b", "/u/7&x=1", Some("/u/7&x=1?a=b")),
        ] {
            assert_eq!(replace(regex, replacement, path).as_deref(), expected, "{regex} {replacement}");
        }
    }

    #[test]
    fn wrong_replacements() {
        let regex = Regex::new("(a)(?P<b>b)").unwrap();
        for (replacement, expected) in [
            ("$3", "no group `3` in the regex: there is ${0} to ${2}, by name ${b}"),
            ("$c", "no group `c` in the regex"),
            ("${1", "`${1` has no closing brace"),
            ("${}", "no group `` in the regex"),
            ("a$", "`$` is not followed by"),
            ("/x\\1", "`\\1` is no group: write `$1`"),
            ("\\a\\\\2", "`\\2` is no group: write `$2`"),
            ("$-", "`$` is not followed by"),
        ] {
            let error = Replacement::parse(replacement, &regex).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{replacement}: {error}");
        }
    }
}
