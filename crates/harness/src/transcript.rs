//! Records what a scenario sends and receives, without filters and with them.

use std::fmt::Write;

use anyhow::{Result, ensure};

use crate::fixture::{Fixture, PLAIN};
use crate::http::{Request, Response};

/// Headers that differ between any two responses.
const ALWAYS_DIFFERENT: [&str; 2] = ["date", "x-envoy-upstream-service-time"];

/// A scenario's output.
#[derive(Debug, Default)]
pub struct Transcript {
    text: String,
}

impl Transcript {
    /// Returns the lines so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        _ = writeln!(self.text, "     {}", line.as_ref());
    }

    /// Sends a request to the listener without filters and to `listener`, records how the responses differ, and returns
    /// the second.
    ///
    /// # Errors
    /// A request fails.
    pub fn compare(&mut self, fixture: &Fixture, listener: &str, request: &Request) -> Result<Response> {
        let before = fixture.envoy.send(PLAIN, request)?;
        let after = fixture.envoy.send(listener, request)?;
        self.line(describe(request));
        self.line(format!("  without filters  {}", before.status));
        self.line(format!("  with filters     {}", after.status));
        for (sign, from, other) in [('-', &before, &after), ('+', &after, &before)] {
            for (name, value) in &from.headers {
                if !other.headers.contains(&(name.clone(), value.clone()))
                    && !ALWAYS_DIFFERENT.contains(&&**name)
                {
                    self.line(format!("    {sign} {name}: {}", String::from_utf8_lossy(value)));
                }
            }
        }
        Ok(after)
    }
}

/// Formats a request on one line, without its `connection` header.
pub fn describe(request: &Request) -> String {
    let mut line = format!("{} {}", request.method, String::from_utf8_lossy(&request.target));
    let shown = request.headers.iter().filter(|(name, _)| name != "connection");
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
