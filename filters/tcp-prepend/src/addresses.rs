//! Reads the addresses of a connection.

use std::net::SocketAddr;

use proxy_filter::HostError;
use proxy_filter::attribute::{self, Attribute};

use crate::proxy_protocol::Endpoints;

/// Reads the connection's addresses, if both are of one family. Unix sockets have no such addresses.
pub(crate) fn endpoints() -> Result<Option<Endpoints>, HostError> {
    let (client, server) = (address(&attribute::SOURCE_ADDRESS)?, address(&attribute::DESTINATION_ADDRESS)?);
    Ok(client.zip(server).and_then(|(client, server)| Endpoints::of(client, server)))
}

/// Reads an address. `None` for those of Unix sockets.
pub(crate) fn address(attribute: &Attribute<SocketAddr>) -> Result<Option<SocketAddr>, HostError> {
    match attribute.get() {
        Err(HostError::ParseFailure) => Ok(None),
        address => address,
    }
}
