//! Records what a scenario sends and receives, without filters and with them.

use std::fmt::Write;

use anyhow::{Result, ensure};
use cargo_proxy_filter::terminal::{Style, styled};

use crate::fixture::{Fixture, PLAIN};
use crate::http::{Request, Response};

/// Headers that differ between any two responses.
const ALWAYS_DIFFERENT: [&str; 2] = ["date", "x-envoy-upstream-service-time"];

/// The most characters of a header's value to show whole, and how many of a longer one.
const MAX_VALUE_CHARACTERS: usize = 80;
const BEGINNING_CHARACTERS: usize = 64;

/// A scenario's output.
#[derive(Debug, Default)]
pub struct Transcript {
    text: String,
    has_colors: bool,
    /// Whether the last lines are an exchange, after which a configuration begins something new.
    shows_exchange: bool,
}

impl Transcript {
    /// Makes an empty transcript for a terminal with or without colors.
    pub fn new(has_colors: bool) -> Self {
        Self { has_colors, ..Self::default() }
    }

    /// Returns the lines so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        _ = writeln!(self.text, "{}", line.as_ref());
    }

    /// Adds what is sent.
    pub fn exchange(&mut self, what: &str) {
        self.line(what);
        self.shows_exchange = true;
    }

    /// Adds a filter's name and configuration.
    pub fn configuration(&mut self, filter: &str, configuration: &str) {
        if std::mem::take(&mut self.shows_exchange) {
            self.line("");
        }
        let how = if configuration.is_empty() { "without configuration" } else { "configured with" };
        self.line(format!("{filter}, {how}"));
        for line in configuration.lines() {
            self.line(format!("  {line}"));
        }
    }

    /// Sends a request to the listener without filters and to `listener`, records how the responses differ, and returns
    /// the second.
    ///
    /// # Errors
    /// A request fails.
    pub fn compare(&mut self, fixture: &Fixture, listener: &str, request: &Request) -> Result<Response> {
        let before = fixture.envoy.send(PLAIN, request)?;
        let after = fixture.envoy.send(listener, request)?;
        self.exchange(&describe(request));
        self.line(format!("  without filters  {}", self.status(&before)));
        self.line(format!("  with filters     {}", self.status(&after)));
        let mut differ = false;
        for (sign, style, from, other) in
            [('-', Style::Red, &before, &after), ('+', Style::Green, &after, &before)]
        {
            for (name, value) in &from.headers {
                if !other.headers.contains(&(name.clone(), value.clone()))
                    && !ALWAYS_DIFFERENT.contains(&&**name)
                {
                    let line = format!("    {sign} {name}: {}", shortened(&String::from_utf8_lossy(value)));
                    self.line(styled(&line, style, self.has_colors));
                    differ = true;
                }
            }
        }
        if !differ {
            self.line("    no header differs");
        }
        Ok(after)
    }

    /// Sends a request several times to the listener without filters and to `listener`, records the statuses and each
    /// `retry-after`, and returns the responses of the second.
    ///
    /// # Errors
    /// A request fails.
    pub fn repeat(
        &mut self,
        fixture: &Fixture,
        listener: &str,
        request: &Request,
        times: usize,
    ) -> Result<Vec<Response>> {
        let send = |listener| (0..times).map(move |_| fixture.envoy.send(listener, request));
        let before = send(PLAIN).collect::<Result<Vec<_>>>()?;
        let after = send(listener).collect::<Result<Vec<_>>>()?;
        self.exchange(&format!("{}, {times} times", describe(request)));
        self.line(format!("  without filters  {}", self.statuses(&before)));
        let mut waits: Vec<_> = after.iter().flat_map(|response| response.values("retry-after")).collect();
        waits.dedup();
        let waits = match waits.is_empty() {
            true => String::new(),
            false => format!(", retry-after: {} (seconds)", waits.join(", ")),
        };
        self.line(format!("  with filters     {}{waits}", self.statuses(&after)));
        Ok(after)
    }

    fn statuses(&self, responses: &[Response]) -> String {
        responses.iter().map(|response| self.status(response)).collect::<Vec<_>>().join(" ")
    }

    fn status(&self, response: &Response) -> String {
        let style = if response.status < 400 { Style::Green } else { Style::Red };
        styled(&response.status.to_string(), style, self.has_colors)
    }
}

/// Returns a text, or the beginning of a long one and how many bytes it has in all.
fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE_CHARACTERS {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(BEGINNING_CHARACTERS).collect();
    format!("{}... ({} bytes)", beginning.trim_end(), text.len())
}

/// Formats a request on one line: its host as part of the URL, and no `connection` header.
pub fn describe(request: &Request) -> String {
    let of_name = |name: &str| request.headers.iter().find(|(n, _)| n == name);
    let host = of_name("host").map(|(_, host)| String::from_utf8_lossy(host)).unwrap_or_default();
    let mut line = format!("{} http://{host}{}", request.method, String::from_utf8_lossy(&request.target));
    let shown = request.headers.iter().filter(|(name, _)| !["host", "connection"].contains(&&**name));
    for (name, value) in shown {
        _ = write!(line, "  {name}: {}", String::from_utf8_lossy(value));
    }
    line
}

/// Checks that a response header has exactly these values.
///
/// # Errors
/// It has others. The error shows the response.
pub fn expect_header(response: &Response, name: &str, values: &[&str]) -> Result<()> {
    let found = response.values(name);
    ensure!(found == values, "`{name}` is {found:?}, expected {values:?}, in the response\n{response}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shortened_at_a_character() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(shortened(&"ü".repeat(81)), format!("{}... (162 bytes)", "ü".repeat(64)));
    }
}
