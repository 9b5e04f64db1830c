//! What goes before a stream.

use std::borrow::Cow;

use proxy_filter::HostError;
use proxy_filter::attribute;
use proxy_filter::template::Template;

use crate::proxy_protocol::{Endpoints, version_1, version_2};

/// Bytes that a payload has at most.
pub(crate) const LIMIT: usize = 4096;

/// What goes before a stream.
#[derive(Debug)]
pub(crate) enum Payload {
    Fixed(Vec<u8>),
    Template(Template),
    ProxyV1,
    ProxyV2(Vec<Tlv>),
}

/// A field of the PROXY protocol that says more than the addresses.
#[derive(Debug)]
pub(crate) struct Tlv {
    pub(crate) kind: u8,
    pub(crate) value: Template,
}

/// Why there is no payload for a connection.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Lack {
    #[error("the connection lacks an attribute of the template")]
    OfTemplate,
    #[error("the connection lacks an attribute of the TLV {0:#04x}")]
    OfTlv(u8),
    #[error("the payload would have {0} bytes: at most {LIMIT} are sent")]
    TooLong(usize),
}

impl Payload {
    /// The bytes for the connection, in one of its phases; TLVs that lack an attribute are left out on request.
    pub(crate) fn bytes(&self, skips_tlvs: bool) -> Result<Result<Cow<'_, [u8]>, Lack>, HostError> {
        let bytes = match self {
            Self::Fixed(bytes) => return Ok(Ok(Cow::Borrowed(bytes))),
            Self::Template(template) => match template.render_connection()? {
                Some(bytes) => bytes,
                None => return Ok(Err(Lack::OfTemplate)),
            },
            Self::ProxyV1 => version_1(endpoints()?),
            Self::ProxyV2(tlvs) => {
                let mut present = Vec::with_capacity(tlvs.len());
                for Tlv { kind, value } in tlvs {
                    match value.render_connection()? {
                        Some(value) => present.push((*kind, value)),
                        None if skips_tlvs => {}
                        None => return Ok(Err(Lack::OfTlv(*kind))),
                    }
                }
                version_2(endpoints()?, &present)
            }
        };
        Ok(match bytes.len() {
            0..=LIMIT => Ok(Cow::Owned(bytes)),
            size => Err(Lack::TooLong(size)),
        })
    }
}

/// The connection's addresses, where both are of one family: those of Unix sockets are of none.
fn endpoints() -> Result<Option<Endpoints>, HostError> {
    let (client, server) = (attribute::SOURCE_ADDRESS.get()?, attribute::DESTINATION_ADDRESS.get()?);
    Ok(client.zip(server).and_then(|(client, server)| Endpoints::of(client, server)))
}
