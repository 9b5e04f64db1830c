//! Renders payloads for a connection.

use std::borrow::Cow;

use proxy_filter::HostError;
use proxy_filter::template::ConnectionTemplate;

use crate::header::Header;
use crate::merge::{Merge, Sent};
use crate::unavailable::{LIMIT, Unavailable};

/// What to send before the bytes of a direction.
#[derive(Debug)]
pub(crate) enum Payload {
    Fixed(Vec<u8>),
    Template(ConnectionTemplate),
    Proxy(Box<Header>),
}

impl Payload {
    /// Returns the PROXY protocol header, if this is one.
    pub(crate) fn header(&self) -> Option<&Header> {
        match self {
            Self::Proxy(header) => Some(header),
            Self::Fixed(_) | Self::Template(_) => None,
        }
    }

    /// Returns whose headers to merge with the payload.
    pub(crate) fn merge(&self) -> Option<&Merge> {
        self.header()?.merge.as_ref()
    }

    /// Returns whether a connection may lack what the payload needs, or what it needs may be too long.
    pub(crate) fn may_be_missing(&self) -> bool {
        match self {
            Self::Template(_) => true,
            Self::Proxy(header) => header.may_be_missing(),
            Self::Fixed(_) => false,
        }
    }

    /// Renders the payload for the connection, in one of its phases. A PROXY protocol header is merged with `sent`. Adds why
    /// TLVs were left out to `omitted`; without it, none may be.
    pub(crate) fn render(
        &self,
        sent: Option<&Sent>,
        omitted: Option<&mut Vec<Unavailable>>,
    ) -> Result<Result<Cow<'_, [u8]>, Unavailable>, HostError> {
        let bytes = match self {
            Self::Fixed(bytes) => return Ok(Ok(Cow::Borrowed(bytes))),
            Self::Template(template) => template.render()?.map_err(Unavailable::Attribute),
            Self::Proxy(header) => header.render(sent, omitted)?,
        };
        Ok(bytes.and_then(|bytes| match bytes.len() {
            0..=LIMIT => Ok(Cow::Owned(bytes)),
            size => Err(Unavailable::TooLong(size)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proxy_filter::sys::{Host, with_host};

    use super::*;
    use crate::header::Tlv;

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
        let mut omitted = Vec::new();
        let rendered = with_host(Rc::new(host), || payload.render(None, skips.then_some(&mut omitted)));
        rendered.unwrap().map(|bytes| (bytes.into_owned(), omitted.len()))
    }

    fn name(text: &str) -> ConnectionTemplate {
        ConnectionTemplate::parse(text).unwrap()
    }

    const NAME: &str = "%ATTR(connection.requested_server_name)%";

    fn with_name() -> Payload {
        let tlvs = vec![Tlv { kind: 0xe0, value: name(NAME) }];
        Payload::Proxy(Header { is_binary: true, tlvs, ..Header::default() }.into())
    }

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
                rendered(&Payload::Proxy(Box::default()), host(), false),
                Ok((b"PROXY UNKNOWN\r\n".to_vec(), 0)),
                "{client}"
            );
            // Attributes of TLVs that are not sent are not missing.
            let header = with_name();
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
        let header = with_name();
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
