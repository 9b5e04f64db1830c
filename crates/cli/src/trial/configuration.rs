//! A configuration, and where it is from.

use proxy_filter_envoy::deployed::{Origin, Position};
use proxy_filter_trial::Refusal;

use super::diagnostic::Diagnostic;

/// A configuration.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// What the filter gets.
    pub bytes: Vec<u8>,
    /// The name of its plugin, if it has one.
    pub(super) plugin: Option<String>,
    /// Whether it is a part of a file that deploys the filter.
    pub is_part: bool,
    pub(super) origin: Origin,
    pub(super) file: String,
    pub(super) text: String,
}

impl Configuration {
    /// Returns where it begins, as `FILE:LINE`.
    pub fn start(&self) -> String {
        format!("{}:{}", self.file, self.origin.start().line)
    }

    /// Returns where a refusal's mistake is, with the line.
    pub fn diagnose(&self, refusal: &Refusal) -> Diagnostic {
        let (place, message) = refusal.split(self.origin.places().map(str::to_owned));
        let at_place = place.as_ref().and_then(|place| match message.starts_with("unknown field") {
            true => self.origin.of_name(place),
            false => self.origin.of_value(place),
        });
        let at_position = || {
            let (line, column) = refusal.position?;
            self.origin.of_position(Position { line, column })
        };
        // In a file, its own position takes the place of that in the configuration.
        let reason = match refusal.position {
            Some((line, column)) => refusal.reason().replace(&format!(" at line {line} column {column}"), ""),
            None => refusal.reason().to_owned(),
        };
        let position = at_place.or_else(at_position).unwrap_or_else(|| self.origin.start());
        Diagnostic::new(&self.file, &self.text, Some(position), &reason)
    }
}
