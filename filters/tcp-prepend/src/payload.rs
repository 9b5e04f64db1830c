//! What goes before a stream.

use std::borrow::Cow;
use std::net::SocketAddr;

use proxy_filter::HostError;
use proxy_filter::attribute::{self, Attribute};
use proxy_filter::template::{ConnectionTemplate, NoValue};

use crate::proxy_protocol::{Endpoints, version_1, version_2};

/// Bytes that a payload has at most.
pub(crate) const LIMIT: usize = 4096;

/// What goes before a stream.
#[derive(Debug)]
pub(crate) enum Payload {
    Fixed(Vec<u8>),
    Template(ConnectionTemplate),
    ProxyV1,
    ProxyV2(Vec<Tlv>),
}

/// A field of the PROXY protocol that says more than the addresses.
#[derive(Debug)]
pub(crate) struct Tlv {
    pub(crate) kind: u8,
    pub(crate) value: ConnectionTemplate,
}

/// Why a connection has no payload, or one without a TLV.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Lack {
    #[error(transparent)]
    OfTemplate(NoValue),
    #[error("TLV {0:#04x}: {1}")]
    OfTlv(u8, NoValue),
    #[error("the payload would have {0} bytes, and {LIMIT} are the most")]
    TooLong(usize),
}

/// A connection's payload.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Made<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// What was left out of it.
    pub(crate) left_out: Vec<Lack>,
}

impl Payload {
    /// The payload for the connection, in one of its phases; without TLVs that lack an attribute, on request.
    pub(crate) fn make(&self, skips_tlvs: bool) -> Result<Result<Made<'_>, Lack>, HostError> {
        let mut left_out = Vec::new();
        let bytes = match self {
            Self::Fixed(bytes) => return Ok(Ok(Made { bytes: Cow::Borrowed(bytes), left_out })),
            Self::Template(template) => match template.render()? {
                Ok(bytes) => bytes,
                Err(lack) => return Ok(Err(Lack::OfTemplate(lack))),
            },
            Self::ProxyV1 => version_1(endpoints()?),
            Self::ProxyV2(tlvs) => {
                let (endpoints, mut present) = (endpoints()?, Vec::with_capacity(tlvs.len()));
                // Without addresses there are no TLVs either.
                for Tlv { kind, value } in tlvs.iter().filter(|_| endpoints.is_some()) {
                    match value.render()? {
                        Ok(value) => present.push((*kind, value)),
                        Err(lack) if skips_tlvs => left_out.push(Lack::OfTlv(*kind, lack)),
                        Err(lack) => return Ok(Err(Lack::OfTlv(*kind, lack))),
                    }
                }
                version_2(endpoints, &present)
            }
        };
        Ok(match bytes.len() {
            0..=LIMIT => Ok(Made { bytes: Cow::Owned(bytes), left_out }),
            size => Err(Lack::TooLong(size)),
        })
    }
}

/// The connection's addresses, where both are of one family: those of Unix sockets are of none.
fn endpoints() -> Result<Option<Endpoints>, HostError> {
    let (client, server) = (address(&attribute::SOURCE_ADDRESS)?, address(&attribute::DESTINATION_ADDRESS)?);
    Ok(client.zip(server).and_then(|(client, server)| Endpoints::of(client, server)))
}

fn address(attribute: &Attribute<SocketAddr>) -> Result<Option<SocketAddr>, HostError> {
    match attribute.get() {
        Err(HostError::ParseFailure) => Ok(None),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proxy_filter::sys::{Host, with_host};

    use super::*;

    /// A host that knows two addresses and a server name.
    struct Known(&'static str, &'static str, String);

    impl Host for Known {
        fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
            let text = match path {
                b"source\0address" => self.0,
                b"destination\0address" => self.1,
                b"connection\0requested_server_name" => &self.2,
                _ => return Err(HostError::NotFound),
            };
            Ok(text.into())
        }
    }

    fn made(payload: &Payload, host: Known, skips: bool) -> Result<(Vec<u8>, usize), Lack> {
        let made = with_host(Rc::new(host), || payload.make(skips)).unwrap();
        made.map(|made| (made.bytes.into_owned(), made.left_out.len()))
    }

    fn name(text: &str) -> ConnectionTemplate {
        ConnectionTemplate::parse(text).unwrap()
    }

    const NAME: &str = "%ATTR(connection.requested_server_name)%";

    #[test]
    fn addresses_that_are_none() {
        for (client, server) in [
            ("/run/envoy.sock", "/run/envoy.sock"),
            ("@envoy", "127.0.0.1:1"),
            ("127.0.0.1:1", "envoy://internal/"),
            ("", ""),
            ("[fe80::1%eth0]:5", "[fe80::2]:5"),
        ] {
            let host = || Known(client, server, String::new());
            assert_eq!(
                made(&Payload::ProxyV1, host(), false),
                Ok((b"PROXY UNKNOWN\r\n".to_vec(), 0)),
                "{client}"
            );
            // TLVs are not missed where none would be sent.
            let preamble = Payload::ProxyV2(vec![Tlv { kind: 0xe0, value: name(NAME) }]);
            let (bytes, _) = made(&preamble, host(), false).unwrap();
            assert_eq!((bytes.len(), bytes[12]), (16, 0x20), "{client}");
        }
    }

    #[test]
    fn a_payload_has_4096_bytes_at_most() {
        let host = |size| Known("127.0.0.1:1", "127.0.0.2:2", "x".repeat(size));
        let template = Payload::Template(name(NAME));
        assert_eq!(made(&template, host(4096), false).unwrap().0.len(), 4096);
        assert_eq!(made(&template, host(4097), true), Err(Lack::TooLong(4097)));
        let preamble = Payload::ProxyV2(vec![Tlv { kind: 0xe0, value: name(NAME) }]);
        assert_eq!(made(&preamble, host(4096 - 31), false).unwrap().0.len(), 4096);
        assert_eq!(made(&preamble, host(4096 - 30), true), Err(Lack::TooLong(4097)));
    }

    #[test]
    fn what_clients_choose_forges_no_lines() {
        let host = |name: &str| Known("127.0.0.1:1", "127.0.0.2:2", name.into());
        let template = Payload::Template(name(&format!("name={NAME}\n")));
        assert_eq!(made(&template, host("a.example"), false), Ok((b"name=a.example\n".to_vec(), 0)));
        for forged in ["a\r\nname=b", "a\0", "\x7f", ""] {
            let lack = made(&template, host(forged), true).unwrap_err();
            assert_eq!(lack.to_string(), "no value for `connection.requested_server_name`");
        }
    }
}
