//! What a walk-through did, told as before and after.

use std::fmt::Write;

use anyhow::{Result, ensure};
use harness::http::{Request, Response};

use crate::lab::{Lab, PLAIN};

/// Headers that differ between any two responses.
const ALWAYS_DIFFERENT: [&str; 2] = ["date", "x-envoy-upstream-service-time"];

/// The lines of a walk-through, written as it goes.
#[derive(Debug, Default)]
pub struct Story {
    text: String,
}

impl Story {
    /// All lines so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        _ = writeln!(self.text, "     {}", line.as_ref());
    }

    /// Sends a request to the listener without filters and to another one, and tells what differs.
    ///
    /// # Errors
    /// One of the two does not answer.
    pub fn compare(&mut self, lab: &Lab, listener: &str, request: &Request) -> Result<Response> {
        let before = lab.envoy.send(PLAIN, request)?;
        let after = lab.envoy.send(listener, request)?;
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

/// A request on one line, with the headers that make it what it is.
pub fn describe(request: &Request) -> String {
    let mut line = format!("{} {}", request.method, String::from_utf8_lossy(&request.target));
    let shown = request.headers.iter().filter(|(name, _)| name != "connection");
    for (name, value) in shown {
        _ = write!(line, "  {name}: {}", String::from_utf8_lossy(value));
    }
    line
}

/// Checks that a response has exactly these values of a header.
///
/// # Errors
/// It has not; the message shows the response.
pub fn expect_header(response: &Response, name: &str, values: &[&str]) -> Result<()> {
    let found = response.values(name);
    ensure!(found == values, "`{name}` is {found:?}, not {values:?}, in the response\n{response}");
    Ok(())
}
