//! The text and the commands of a template.

use crate::HostError;
use crate::config::ConfigError;

/// At least one part. A template without commands is one text part. `C` is the type of commands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parts<C>(Vec<Part<C>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part<C> {
    Text(Vec<u8>),
    /// A command, and the number of bytes to which its value is truncated.
    Command(C, Option<usize>),
}

impl<C> Parts<C> {
    pub(super) fn of(command: C) -> Self {
        Self(vec![Part::Command(command, None)])
    }

    pub(super) fn of_text(text: Vec<u8>) -> Self {
        Self(vec![Part::Text(text)])
    }

    /// Parses a template. `parse_command` gets the text between two percent signs, and also returns the number of bytes to
    /// which the command's value is truncated.
    #[inline(never)]
    pub(super) fn parse(
        source: &str,
        parse_command: impl Fn(&str) -> Result<(C, Option<usize>), ConfigError>,
    ) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('%') {
            text.extend_from_slice(before.as_bytes());
            let (command, after) = split_command(after).ok_or_else(|| {
                ConfigError::new(format_args!("`%{after}` has no closing `%`: write `%%` for a percent sign"))
            })?;
            if command.is_empty() {
                text.push(b'%');
            } else {
                let (command, limit) = parse_command(command)?;
                parts.extend((!text.is_empty()).then(|| Part::Text(std::mem::take(&mut text))));
                parts.push(Part::Command(command, limit));
            }
            rest = after;
        }
        text.extend_from_slice(rest.as_bytes());
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self(parts))
    }

    /// Returns the text, if there are no commands.
    pub(super) fn constant(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the size of the text without the commands, in bytes.
    pub(super) fn text_size(&self) -> usize {
        let size = |part: &Part<C>| match part {
            Part::Text(text) => text.len(),
            Part::Command(..) => 0,
        };
        self.0.iter().map(size).sum()
    }

    /// Renders the text with the value of each command; `None` if a command has no value.
    pub(super) fn fill(
        &self,
        value: impl Fn(&C) -> Result<Option<Vec<u8>>, HostError>,
    ) -> Result<Option<Vec<u8>>, HostError> {
        let mut filled = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.extend_from_slice(text),
                Part::Command(command, limit) => {
                    let Some(value) = value(command)? else { return Ok(None) };
                    let end = limit.unwrap_or(usize::MAX).min(value.len());
                    filled.extend_from_slice(value.get(..end).unwrap_or(&value));
                }
            }
        }
        Ok(Some(filled))
    }

    pub(super) fn commands(&self) -> impl Iterator<Item = &C> {
        self.0.iter().filter_map(|part| match part {
            Part::Command(command, _) => Some(command),
            Part::Text(_) => None,
        })
    }
}

/// Splits the text after a percent sign at the one that closes the command. Only the format of a time may have others.
fn split_command(text: &str) -> Option<(&str, &str)> {
    let start = if text.starts_with("START_TIME(") { text.find(')')? } else { 0 };
    let end = text.get(start..)?.find('%')?.saturating_add(start);
    Some((text.get(..end)?, text.get(end.saturating_add(1)..)?))
}
