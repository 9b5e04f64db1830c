//! What a filter logs.

use serde::Serialize;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn`, `error` or `critical`. A panic of the filter is `critical`.
    pub level: String,
    /// The text.
    pub text: String,
}

impl LogLine {
    /// Parses lines of the model, such as `Info: text`.
    pub fn all(lines: &[String]) -> Vec<Self> {
        lines.iter().map(|line| Self::parse(line)).collect()
    }

    pub(crate) fn parse(line: &str) -> Self {
        let (level, text) = line.split_once(": ").unwrap_or(("Error", line));
        Self { level: level.to_ascii_lowercase(), text: text.to_owned() }
    }

    /// Returns whether the filter panicked, or its VM trapped.
    pub(crate) fn is_panic(&self) -> bool {
        self.level == "critical"
    }
}
