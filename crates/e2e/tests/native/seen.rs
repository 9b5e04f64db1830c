//! What the upstream and the client received.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use proxy_filter_test::{Headers, Request, Response};

use crate::exchange::Exchange;

/// Headers that differ between any two exchanges.
const ALWAYS_DIFFERENT: [&[u8]; 3] = [b"date", b"x-envoy-upstream-service-time", b"x-request-id"];

/// The name of what stands in place of a response that did not come.
const ERROR: &str = "(error)";

/// Each header's values, pseudo-headers and trailers included. The order of different names does not matter.
pub(crate) type Received = BTreeMap<String, Vec<Vec<u8>>>;

/// What the upstream and the client received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What the upstream received, unless it received nothing.
    pub(crate) upstream: Option<Received>,
    /// What the client received. [`ERROR`] is why it received nothing.
    pub(crate) client: Received,
}

impl Seen {
    /// Collects what both received.
    pub(crate) fn new(request: Option<&Request>, response: Result<Response>) -> Self {
        let upstream = request
            .map(|request| without_redundant_original_path(received(&request.headers, &request.trailers)));
        let client = match response {
            Ok(response) => received(&response.headers, &response.trailers),
            Err(error) => Received::from([(ERROR.to_owned(), vec![format!("{error:#}").into_bytes()])]),
        };
        Self { upstream, client }
    }

    /// The target that the upstream received.
    pub(crate) fn target(&self) -> Option<&[u8]> {
        self.upstream.as_ref().and_then(|received| first(received, ":path"))
    }

    /// Whether the client received a response.
    pub(crate) fn is_answered(&self) -> bool {
        !self.client.contains_key(ERROR)
    }

    /// Whether the upstream received the request as it was sent.
    pub(crate) fn is_unchanged(&self, sent: &Exchange) -> bool {
        let Some(received) = &self.upstream else { return false };
        self.target() == Some(sent.target())
            && first(received, ":authority").is_some_and(|host| host.eq_ignore_ascii_case(sent.host()))
            && !received.contains_key("x-envoy-original-path")
            && self.status() == b"200"
    }

    /// The status that the client received.
    pub(crate) fn status(&self) -> &[u8] {
        first(&self.client, ":status").unwrap_or_default()
    }

    /// Sets the target that the upstream received, and removes the header with the original one.
    #[must_use]
    pub(crate) fn with_target(mut self, target: &[u8]) -> Self {
        if let Some(received) = &mut self.upstream {
            received.insert(":path".to_owned(), vec![target.to_vec()]);
            received.remove("x-envoy-original-path");
        }
        self
    }

    /// Changes every value of a header that the client received.
    #[must_use]
    pub(crate) fn map_client(mut self, name: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        if let Some(values) = self.client.get_mut(name) {
            values.iter_mut().for_each(|value| *value = change(value));
        }
        self
    }

    /// Changes every value that the upstream and the client received.
    #[must_use]
    pub(crate) fn map(mut self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        for received in self.upstream.iter_mut().chain([&mut self.client]) {
            received.values_mut().flatten().for_each(|value| *value = change(value));
        }
        self
    }
}

/// Returns the first value of a header.
pub(crate) fn first<'a>(received: &'a Received, name: &str) -> Option<&'a [u8]> {
    received.get(name).and_then(|values| values.first()).map(Vec::as_slice)
}

fn received(headers: &Headers, trailers: &Headers) -> Received {
    let mut all = Received::new();
    for (prefix, part) in [("", headers), ("trailer ", trailers)] {
        for (name, value) in part.iter().filter(|(name, _)| !ALWAYS_DIFFERENT.contains(name)) {
            all.entry(format!("{prefix}{}", name.escape_ascii())).or_default().push(value.to_vec());
        }
    }
    all
}

/// Removes Envoy's `x-envoy-original-path` where its rewrite left the path unchanged.
fn without_redundant_original_path(mut received: Received) -> Received {
    if received.get("x-envoy-original-path") == received.get(":path") {
        received.remove("x-envoy-original-path");
    }
    received
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = Received::new();
        for (side, received) in
            [("upstream", self.upstream.as_ref().unwrap_or(&none)), ("client", &self.client)]
        {
            writeln!(f, "    the {side} received")?;
            for (name, value) in
                received.iter().flat_map(|(name, all)| all.iter().map(move |value| (name, value)))
            {
                writeln!(f, "      {name}: {}", value.escape_ascii())?;
            }
        }
        Ok(())
    }
}
