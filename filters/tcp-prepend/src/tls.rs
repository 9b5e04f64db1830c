//! The TLV that describes the client's TLS.

use proxy_filter::HostError;
use proxy_filter::attribute::{CONNECTION_MTLS, CONNECTION_SUBJECT_PEER_CERTIFICATE, CONNECTION_TLS_VERSION};

use crate::proxy_protocol::append;
use crate::subject::common_name;

/// The type of the TLV.
const KIND: u8 = 0x20;

/// Flags: the client uses TLS; the client presented a certificate in this TLS session. Envoy does not tell whether it did so
/// on this connection or on one that this connection resumes, so the flag for that (2) is never set.
const USES_TLS: u8 = 1;
const HAS_CERTIFICATE: u8 = 4;

/// The types of the TLVs inside.
const VERSION: u8 = 0x21;
const COMMON_NAME: u8 = 0x22;

/// What the configuration says about the listener's TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tls {
    /// Whether the listener verifies the certificates of clients. Envoy does not tell.
    pub(crate) is_verified: bool,
}

impl Tls {
    /// Appends the TLV, if the client uses TLS.
    pub(crate) fn append_to(self, tlvs: &mut Vec<u8>) -> Result<(), HostError> {
        let Some(version) = CONNECTION_TLS_VERSION.get()?.filter(|version| !version.is_empty()) else {
            return Ok(());
        };
        let has_certificate = CONNECTION_MTLS.get()? == Some(true);
        let flags = if has_certificate { USES_TLS | HAS_CERTIFICATE } else { USES_TLS };
        // Zero, of four bytes, means that there is a certificate and that it was verified.
        let mut value = vec![flags, 0, 0, 0, u8::from(!(has_certificate && self.is_verified))];
        append(&mut value, VERSION, version.as_bytes());
        if has_certificate
            && let Some(name) = CONNECTION_SUBJECT_PEER_CERTIFICATE.get()?.as_deref().and_then(common_name)
        {
            append(&mut value, COMMON_NAME, name.as_bytes());
        }
        append(tlvs, KIND, &value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proxy_filter::sys::{Host, with_host};

    use super::*;

    /// A host with a TLS version, whether there is a certificate, and its subject.
    struct Known(Option<&'static str>, bool, Option<&'static str>);

    impl Host for Known {
        fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
            match path {
                b"connection\0tls_version" => self.0.map(Into::into),
                b"connection\0mtls" => Some(vec![self.1.into()]),
                b"connection\0subject_peer_certificate" => self.2.map(Into::into),
                _ => None,
            }
            .ok_or(HostError::NotFound)
        }
    }

    #[test]
    fn values() {
        let tls = |version, has_certificate, subject, is_verified| {
            let host = Known(version, has_certificate, subject);
            let mut tlvs = Vec::new();
            with_host(Rc::new(host), || Tls { is_verified }.append_to(&mut tlvs)).unwrap();
            tlvs
        };
        let (on, subject) = (Some("TLSv1.3"), Some("CN=ann,O=Example"));
        for (tlvs, expected) in [
            (tls(None, false, None, true), None),
            (tls(Some(""), false, None, true), None),
            (tls(on, false, None, false), Some((b"\x01\0\0\0\x01", ""))),
            // Without a certificate, none is verified.
            (tls(on, false, subject, true), Some((b"\x01\0\0\0\x01", ""))),
            (tls(on, true, None, true), Some((b"\x05\0\0\0\0", ""))),
            (tls(on, true, Some("O=x"), true), Some((b"\x05\0\0\0\0", ""))),
            (tls(on, true, subject, true), Some((b"\x05\0\0\0\0", "ann"))),
            (tls(on, true, subject, false), Some((b"\x05\0\0\0\x01", "ann"))),
        ] {
            let expected = expected.map_or(Vec::new(), |(flags, name)| {
                let name =
                    if name.is_empty() { Vec::new() } else { [b"\x22\0\x03", name.as_bytes()].concat() };
                let value = [flags.as_slice(), b"\x21\0\x07TLSv1.3", &name].concat();
                [&[0x20, 0, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
            });
            assert_eq!(tlvs, expected);
        }
    }
}
