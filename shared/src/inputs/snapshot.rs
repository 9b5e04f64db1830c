//! The part of a request that a filter keeps.

use std::net::{IpAddr, SocketAddr};

use super::address;
use crate::HostError;
use crate::attribute::TextAttribute;
use crate::headers::HeaderPairs;

/// The client's address, with its port.
pub(super) static SOURCE_ADDRESS: TextAttribute = TextAttribute::source_address();

/// The headers and attributes that an [`InputSet`](super::InputSet) captured from a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub(super) headers: HeaderPairs,
    pub(super) attributes: Vec<(TextAttribute, Option<Vec<u8>>)>,
}

impl Snapshot {
    pub(super) const EMPTY: Self = Self { headers: HeaderPairs::EMPTY, attributes: Vec::new() };

    /// Creates a snapshot of these headers, for tests.
    pub fn of(headers: HeaderPairs) -> Self {
        Self { headers, attributes: Vec::new() }
    }

    /// Sets the client's address, for tests.
    ///
    /// ```
    /// # use proxy_filter::inputs::Snapshot;
    /// let request = Snapshot::default().from_client("[2001:db8::1]:80".parse()?);
    /// assert_eq!(request.client_ip(), Some("2001:db8::1".parse()?));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn from_client(mut self, address: SocketAddr) -> Self {
        self.attributes.push((SOURCE_ADDRESS.clone(), Some(address.to_string().into_bytes())));
        self
    }

    /// Returns the captured headers.
    pub fn headers(&self) -> &HeaderPairs {
        &self.headers
    }

    /// Returns the client's IP address. `None` if it was not captured, or if the client has none, as on a
    /// Unix socket.
    pub fn client_ip(&self) -> Option<IpAddr> {
        address::ip(self.captured(&SOURCE_ADDRESS)?.as_deref()?)
    }

    /// Returns an attribute as text: the captured value, or else the current one.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn attribute(&self, attribute: &TextAttribute) -> Result<Option<Vec<u8>>, HostError> {
        match self.captured(attribute) {
            Some(captured) => Ok(captured.clone()),
            None => attribute.get(),
        }
    }

    fn captured(&self, attribute: &TextAttribute) -> Option<&Option<Vec<u8>>> {
        self.attributes.iter().find(|(known, _)| known == attribute).map(|(_, value)| value)
    }
}
