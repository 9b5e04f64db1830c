//! Renders payloads for a connection.

use std::borrow::Cow;
use std::net::SocketAddr;

use proxy_filter::HostError;
use proxy_filter::attribute::{self, Attribute};
use proxy_filter::template::{ConnectionTemplate, NoValue};

use crate::proxy_protocol::{Endpoints, version_1, version_2};

/// The most bytes of a payload.
pub(crate) const LIMIT: usize = 4096;

/// What to send before the bytes of a direction.
#[derive(Debug)]
pub(crate) enum Payload {
    Fixed(Vec<u8>),
    Template(ConnectionTemplate),
    ProxyV1,
    ProxyV2(Vec<Tlv>),
}

/// A field of the PROXY protocol besides the addresses.
#[derive(Debug)]
pub(crate) struct Tlv {
    pub(crate) kind: u8,
    pub(crate) value: ConnectionTemplate,
}

/// Why a connection gets no payload, or a payload without a TLV.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Unavailable {
    #[error(transparent)]
    Attribute(NoValue),
    #[error("TLV {0:#04x}: {1}")]
    Tlv(u8, NoValue),
    #[error("the payload would have {0} bytes, over the limit of {LIMIT}")]
    TooLong(usize),
}

/// The payload of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendered<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Why TLVs were omitted.
    pub(crate) omitted: Vec<Unavailable>,
}

impl Payload {
    /// Returns whether this is a PROXY protocol header.
    pub(crate) fn is_proxy_protocol(&self) -> bool {
        match self {
            Self::ProxyV1 | Self::ProxyV2(_) => true,
            Self::Fixed(_) | Self::Template(_) => false,
        }
    }

    /// Returns whether a connection may lack what the payload needs, or what it needs may be too long.
    pub(crate) fn may_be_missing(&self) -> bool {
        match self {
            Self::Template(_) => true,
            Self::ProxyV2(tlvs) => !tlvs.is_empty(),
            Self::Fixed(_) | Self::ProxyV1 => false,
        }
    }

    /// Renders the payload for the connection, in one of its phases. `skips_tlvs` omits TLVs that lack an attribute.
    pub(crate) fn render(&self, skips_tlvs: bool) -> Result<Result<Rendered<'_>, Unavailable>, HostError> {
        let mut omitted = Vec::new();
        let bytes = match self {
            Self::Fixed(bytes) => return Ok(Ok(Rendered { bytes: Cow::Borrowed(bytes), omitted })),
            Self::Template(template) => match template.render()? {
                Ok(bytes) => bytes,
                Err(reason) => return Ok(Err(Unavailable::Attribute(reason))),
            },
            Self::ProxyV1 => version_1(endpoints()?),
            Self::ProxyV2(tlvs) => {
                let (endpoints, mut present) = (endpoints()?, Vec::with_capacity(tlvs.len()));
                // Without addresses, no TLVs are sent.
                for Tlv { kind, value } in tlvs.iter().filter(|_| endpoints.is_some()) {
                    match value.render()? {
                        Ok(value) => present.push((*kind, value)),
                        Err(reason) if skips_tlvs => omitted.push(Unavailable::Tlv(*kind, reason)),
                        Err(reason) => return Ok(Err(Unavailable::Tlv(*kind, reason))),
                    }
                }
                version_2(endpoints, &present)
            }
        };
        Ok(match bytes.len() {
            0..=LIMIT => Ok(Rendered { bytes: Cow::Owned(bytes), omitted }),
            size => Err(Unavailable::TooLong(size)),
        })
    }
}

/// Reads the connection's addresses, if both are of one family. Unix sockets have no such addresses.
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

    /// A host with two addresses and a server name.
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

    fn rendered(payload: &Payload, host: Known, skips: bool) -> Result<(Vec<u8>, usize), Unavailable> {
        let rendered = with_host(Rc::new(host), || payload.render(skips)).unwrap();
        rendered.map(|rendered| (rendered.bytes.into_owned(), rendered.omitted.len()))
    }

    fn name(text: &str) -> ConnectionTemplate {
        ConnectionTemplate::parse(text).unwrap()
    }

    const NAME: &str = "%ATTR(connection.requested_server_name)%";

    #[test]
    fn without_ip_addresses_the_header_has_none() {
        for (client, server) in [
            ("/run/envoy.sock", "/run/envoy.sock"),
            ("@envoy", "127.0.0.1:1"),
            ("127.0.0.1:1", "envoy://internal/"),
            ("", ""),
            ("[fe80::1%eth0]:5", "[fe80::2]:5"),
        ] {
            let host = || Known(client, server, String::new());
            assert_eq!(
                rendered(&Payload::ProxyV1, host(), false),
                Ok((b"PROXY UNKNOWN\r\n".to_vec(), 0)),
                "{client}"
            );
            // Attributes of TLVs that are not sent are not missing.
            let header = Payload::ProxyV2(vec![Tlv { kind: 0xe0, value: name(NAME) }]);
            let (bytes, _) = rendered(&header, host(), false).unwrap();
            assert_eq!((bytes.len(), bytes[12]), (16, 0x20), "{client}");
        }
    }

    #[test]
    fn payloads_are_limited() {
        let host = |size| Known("127.0.0.1:1", "127.0.0.2:2", "x".repeat(size));
        let template = Payload::Template(name(NAME));
        assert_eq!(rendered(&template, host(4096), false).unwrap().0.len(), 4096);
        assert_eq!(rendered(&template, host(4097), true), Err(Unavailable::TooLong(4097)));
        let header = Payload::ProxyV2(vec![Tlv { kind: 0xe0, value: name(NAME) }]);
        assert_eq!(rendered(&header, host(4096 - 31), false).unwrap().0.len(), 4096);
        assert_eq!(rendered(&header, host(4096 - 30), true), Err(Unavailable::TooLong(4097)));
    }

    #[test]
    fn clients_cannot_forge_lines() {
        let host = |name: &str| Known("127.0.0.1:1", "127.0.0.2:2", name.into());
        let template = Payload::Template(name(&format!("name={NAME}\n")));
        assert_eq!(rendered(&template, host("a.example"), false), Ok((b"name=a.example\n".to_vec(), 0)));
        for forged in ["a\r\nname=b", "a\0", "\x7f", ""] {
            let reason = rendered(&template, host(forged), true).unwrap_err();
            assert_eq!(reason.to_string(), "no value for `connection.requested_server_name`");
        }
    }
}
