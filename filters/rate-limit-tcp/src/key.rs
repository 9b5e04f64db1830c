//! The key of a rule: what it counts connections by.

use std::hash::Hasher;
use std::net::IpAddr;

use limits::{KeyHasher, Prefixes};
use proxy_filter::HostError;
use proxy_filter::attribute::SOURCE_ADDRESS;

/// Reads the client's address. `None` if it has none, as on a Unix socket.
pub(crate) fn client_ip() -> Result<Option<IpAddr>, HostError> {
    match SOURCE_ADDRESS.get() {
        Err(HostError::ParseFailure) => Ok(None),
        address => Ok(address?.map(|address| address.ip().to_canonical())),
    }
}

/// Hashes the client's networks. Returns `false` if the rule counts by address, and the client has none.
pub(crate) fn hash(parts: &[Prefixes], client: Option<IpAddr>, hasher: &mut KeyHasher) -> bool {
    let Some(client) = client else { return parts.is_empty() };
    for prefixes in parts {
        let bytes = prefixes.client(client);
        // The length keeps an IPv4 address and the beginning of an IPv6 address apart.
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    true
}
