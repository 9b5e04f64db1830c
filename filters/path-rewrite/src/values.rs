//! Header values and attributes in replacements, such as `/t/%REQ(x-tenant)%`.

use proxy_filter::HostError;
use proxy_filter::attribute::TextAttribute;
use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderName;
use proxy_filter::inputs::{HasInputs, Input, Inputs};
use proxy_filter::target::has_dots;

use crate::encoding;
use crate::request::split_query;
use crate::safety::{self, Unsafe};

/// A replacement with commands, which is rendered for each request.
#[derive(Debug)]
pub(crate) struct Values {
    /// The commands, each with the text before it.
    commands: Vec<(String, Command)>,
    /// The text after the last command.
    rest: String,
}

/// A command, in the syntax of Envoy's access logs.
#[derive(Debug)]
struct Command {
    source: Source,
    /// The number of bytes to which the value is truncated.
    limit: usize,
}

#[derive(Debug)]
enum Source {
    /// The first value of a header, or of the other header if the first is absent.
    Header(HeaderName, Option<HeaderName>),
    Attribute(TextAttribute),
}

impl Values {
    /// Parses a replacement. Returns in addition the replacement for a request whose values are all `x`. `None` if it has no
    /// commands: if each percent sign begins percent-encoding, or is literal.
    ///
    /// # Errors
    /// A command is wrong. The error says how to fix it.
    #[inline(never)]
    pub(crate) fn parse(source: &str) -> Result<Option<(Self, String)>, ConfigError> {
        let mut values = Self { commands: Vec::new(), rest: String::new() };
        let mut example = String::new();
        let mut rest = source;
        while let Some((text, after)) = split(rest, b'%') {
            values.rest.push_str(text);
            example.push_str(text);
            rest = after;
            if !is_command(after) {
                values.rest.push('%');
                example.push('%');
                continue;
            }
            let (command, after_command) = split(after, b'%').unwrap_or_default();
            let command = Command::parse(command).map_err(|reason| {
                ConfigError::new(format_args!("`%{after}`: {reason}; write `%25` for a percent sign"))
            })?;
            if ends_in_percent(&values.rest) {
                let wrong = format_args!(
                    "`%{after}` would continue the percent-encoding before it: write `%25` there"
                );
                return Err(ConfigError::new(wrong));
            }
            values.commands.push((std::mem::take(&mut values.rest), command));
            example.push('x');
            rest = after_command;
        }
        values.rest.push_str(rest);
        example.push_str(rest);
        if values.commands.is_empty() {
            return Ok(None);
        }
        match has_dot_segments(&example) {
            true => Err(ConfigError::new("a path with values cannot have `.` or `..` segments")),
            false => Ok(Some((values, example))),
        }
    }

    /// Refuses values that would continue the name of a group, as in `$1%REQ(x)%`: clients could choose another group.
    ///
    /// # Errors
    /// There is one. The error says how to fix it.
    pub(crate) fn check_groups(&self) -> Result<(), ConfigError> {
        match self.commands.iter().find_map(|(text, _)| open_group(text)) {
            None => Ok(()),
            Some(group) => Err(ConfigError::new(format_args!(
                "the value after `${group}` would continue the name of the group: write `${{{group}}}`, or `$$` for a \
                 dollar sign"
            ))),
        }
    }

    /// Returns the replacement for a request, in which each value is percent-encoded as one segment. `None` if a value is
    /// absent or empty.
    ///
    /// # Errors
    /// The replacement is too long, a value makes a `.` or `..` segment, or an attribute cannot be read.
    pub(crate) fn render(&self, inputs: &Inputs<'_>) -> Option<Result<String, Unsafe>> {
        let mut rendered = Vec::new();
        for (text, command) in &self.commands {
            rendered.extend_from_slice(text.as_bytes());
            let value = match command.value(inputs).transpose()? {
                Ok(value) => value,
                Err(reason) => return Some(Err(Unsafe::Attribute(reason))),
            };
            let value = value.get(..command.limit).unwrap_or(&value);
            if value.is_empty() {
                return None;
            }
            // So a value has no byte that separates anything, or that the syntax of replacements knows.
            encoding::push(&mut rendered, value, encoding::is_unreserved);
            if rendered.len() > safety::LIMIT {
                return Some(Err(Unsafe::TooLong(rendered.len())));
            }
        }
        rendered.extend_from_slice(self.rest.as_bytes());
        let rendered = String::from_utf8(rendered).map_err(|_| Unsafe::Character);
        Some(rendered.and_then(|rendered| match has_dot_segments(&rendered) {
            true => Err(Unsafe::DotSegment),
            false => Ok(rendered),
        }))
    }
}

impl Command {
    /// Parses what stands between two percent signs: `REQ(name)`, `REQ(name?other)` or `ATTR(name)`, and perhaps `:N`.
    fn parse(command: &str) -> Result<Self, ConfigError> {
        let (kind, rest) = split(command, b'(').unwrap_or_default();
        let (name, limit) = split(rest, b')').unwrap_or_default();
        let limit = match limit.strip_prefix(':') {
            Some(limit) => limit.parse().unwrap_or(0),
            None if limit.is_empty() => usize::MAX,
            None => 0,
        };
        let source = match kind {
            "REQ" if limit > 0 => {
                let (name, other) =
                    split(name, b'?').map_or((name, None), |(name, other)| (name, Some(other)));
                Source::Header(HeaderName::readable(name)?, other.map(HeaderName::readable).transpose()?)
            }
            "ATTR" if limit > 0 => Source::Attribute(TextAttribute::of_text(name)?),
            _ => {
                return Err(ConfigError::new(
                    "expected %REQ(name)%, %ATTR(name)% or, to truncate, %REQ(name):8%",
                ));
            }
        };
        Ok(Self { source, limit })
    }

    fn value(&self, inputs: &Inputs<'_>) -> Result<Option<Vec<u8>>, HostError> {
        match &self.source {
            Source::Header(name, other) => {
                let headers = inputs.request.headers();
                let value = headers.first(name).or_else(|| headers.first(other.as_ref()?));
                Ok(value.map(<[u8]>::to_vec))
            }
            Source::Attribute(attribute) => inputs.request.attribute(attribute),
        }
    }
}

impl HasInputs for Values {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        for (_, command) in &self.commands {
            match &command.source {
                Source::Header(name, other) => {
                    [name].into_iter().chain(other).for_each(|name| visit(Input::RequestHeader(name)));
                }
                Source::Attribute(attribute) => visit(Input::Attribute(attribute)),
            }
        }
    }
}

/// Returns whether a command follows a percent sign: a name in capital letters, and a bracket. Percent-encoding has two
/// hexadecimal digits there, with which no command's name begins.
fn is_command(after: &str) -> bool {
    let name = split(after, b'(').unwrap_or_default().0;
    let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_name && !name.is_empty() && !name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether a text ends in percent-encoding that is not complete.
fn ends_in_percent(text: &str) -> bool {
    let mut last = text.bytes().rev();
    match last.next() {
        Some(b'%') => true,
        Some(digit) => digit.is_ascii_hexdigit() && last.next() == Some(b'%'),
        None => false,
    }
}

/// Returns the name of the group that a text ends in, if more letters or digits would belong to it.
fn open_group(text: &str) -> Option<&str> {
    let before = text.trim_end_matches(|last: char| last.is_ascii_alphanumeric() || last == '_');
    let name = text.get(before.len()..)?;
    let is_literal = before.bytes().rev().take_while(|byte| *byte == b'$').count().is_multiple_of(2);
    let is_number = name.starts_with(|first: char| first.is_ascii_digit());
    let is_complete = is_number && !name.bytes().all(|byte| byte.is_ascii_digit());
    (!is_literal && !is_complete).then_some(name)
}

fn has_dot_segments(replacement: &str) -> bool {
    has_dots(split_query(replacement.as_bytes()).0)
}

/// Splits a text at the first of these bytes. In a function of its own, it is in the module once.
#[inline(never)]
fn split(text: &str, at: u8) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..end)?, text.get(end.saturating_add(1)..)?))
}

#[cfg(test)]
mod tests;
