//! A request with the answer that the upstream gives to it, over one of two protocols.

use std::fmt;

use fastrand::Rng;
use proxy_filter_test::{Headers, Request, Response};

/// The protocol that the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// A request and the answer to it.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) protocol: Protocol,
    pub(crate) request: Request,
    pub(crate) answer: Response,
}

impl Exchange {
    /// A request over a random protocol, answered with this. HTTP/1.1 takes what a library for HTTP/2 refuses to send.
    pub(crate) fn new(random: &mut Rng, request: Request, answer: Response) -> Self {
        let is_sendable = http::uri::PathAndQuery::try_from(path(&request)).is_ok();
        let protocol = if is_sendable && random.bool() { Protocol::Http2 } else { Protocol::Http1 };
        Self { protocol, request, answer }
    }

    /// The target of the request.
    pub(crate) fn target(&self) -> &[u8] {
        path(&self.request)
    }

    /// The path of the request, without its query.
    pub(crate) fn path(&self) -> &[u8] {
        self.target().split(|byte| *byte == b'?').next().unwrap_or_default()
    }

    /// The host of the request.
    pub(crate) fn host(&self) -> &[u8] {
        self.request.headers.first(b":authority").unwrap_or_default()
    }

    /// Returns simpler exchanges, for the search of the simplest that still shows a difference.
    pub(crate) fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(
            (self.protocol == Protocol::Http2).then(|| Self { protocol: Protocol::Http1, ..self.clone() }),
        );
        let parts: [fn(&mut Self) -> &mut Headers; 4] = [
            |exchange| &mut exchange.request.headers,
            |exchange| &mut exchange.request.trailers,
            |exchange| &mut exchange.answer.headers,
            |exchange| &mut exchange.answer.trailers,
        ];
        for part in parts {
            let headers = part(&mut self.clone()).clone();
            for left_out in 0..headers.len() {
                let is_pseudo = headers.iter().nth(left_out).is_some_and(|(name, _)| name.starts_with(b":"));
                let rest = headers.iter().enumerate().filter(|(index, _)| *index != left_out);
                let mut simpler = self.clone();
                *part(&mut simpler) = rest.map(|(_, pair)| pair).collect();
                all.extend((!is_pseudo).then_some(simpler));
            }
        }
        let target = self.target();
        // From long parts to single bytes.
        let lengths = std::iter::successors(Some(target.len() / 2), |length| Some(length / 2))
            .take_while(|length| *length > 0);
        for length in lengths {
            for start in (1..target.len()).step_by(length) {
                let (before, after) = target.split_at(start);
                let rest = [before, after.get(length..).unwrap_or_default()].concat();
                all.push(Self { request: self.request.clone().path(rest), ..self.clone() });
            }
        }
        all
    }
}

fn path(request: &Request) -> &[u8] {
    request.headers.first(b":path").unwrap_or_default()
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  the request, over {:?}", self.protocol)?;
        let parts = [
            ("", &self.request.headers),
            ("trailer ", &self.request.trailers),
            ("the upstream's ", &self.answer.headers),
            ("the upstream's trailer ", &self.answer.trailers),
        ];
        for (part, headers) in parts {
            for (name, value) in headers.iter() {
                writeln!(f, "    {part}{}: {}", name.escape_ascii(), value.escape_ascii())?;
            }
        }
        Ok(())
    }
}
