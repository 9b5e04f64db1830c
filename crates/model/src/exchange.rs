//! A request as it reached the upstream, and the response as it reached the client.

use std::fmt;

use crate::headers::Headers;
use crate::message::{Request, Response};

/// A request and its response, after they passed through the filter.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request that the upstream received; `None` if it received none, or only a part of one.
    pub upstream: Option<Request>,
    /// Whether the upstream may have received a part of the request: its headers had been passed on when the filter replied
    /// or failed.
    pub is_cut: bool,
    /// The response that the client received.
    pub response: Response,
    /// Whose response it is.
    pub responder: Responder,
}

/// Whose response a client received. The filter may have changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responder {
    /// The upstream's.
    Upstream,
    /// The filter's own.
    Filter,
    /// The proxy's, because the filter failed or the request cannot be sent.
    Proxy,
    /// None: the filter waits for something that never happens.
    Nobody,
}

/// Shows both messages, a header per line.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.upstream {
            None if self.is_cut => writeln!(f, "upstream: at most a part of the request")?,
            None => writeln!(f, "upstream: not reached")?,
            Some(request) => {
                writeln!(f, "upstream:")?;
                write_message(f, &request.headers, &request.body, &request.trailers)?;
            }
        }
        writeln!(f, "response:")?;
        write_message(f, &self.response.headers, &self.response.body, &self.response.trailers)
    }
}

fn write_message(
    f: &mut fmt::Formatter<'_>,
    headers: &Headers,
    body: &[Vec<u8>],
    trailers: &Headers,
) -> fmt::Result {
    for (name, value) in headers.iter() {
        writeln!(f, "  {}: {}", String::from_utf8_lossy(name), value.escape_ascii())?;
    }
    let body = body.concat();
    if !body.is_empty() {
        writeln!(f, "  body: {}", body.escape_ascii())?;
    }
    for (name, value) in trailers.iter() {
        writeln!(f, "  trailer {}: {}", String::from_utf8_lossy(name), value.escape_ascii())?;
    }
    Ok(())
}
