//! Renders PROXY protocol headers for a connection.

use proxy_filter::HostError;
use proxy_filter::template::ConnectionTemplate;

use crate::addresses::endpoints;
use crate::merge::Merge;
use crate::preamble::Preamble;
use crate::proxy_protocol::{Tlvs, version_1, version_2};
use crate::tls::{self, Tls};
use crate::unavailable::Unavailable;

/// A PROXY protocol header.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// Whether it is of version 2.
    pub(crate) is_binary: bool,
    pub(crate) tlvs: Vec<Tlv>,
    /// Whether it has a checksum.
    pub(crate) is_checked: bool,
    pub(crate) tls: Option<Tls>,
    pub(crate) merge: Option<Merge>,
}

/// A field besides the addresses.
#[derive(Debug)]
pub(crate) struct Tlv {
    pub(crate) kind: u8,
    pub(crate) value: ConnectionTemplate,
}

impl Header {
    /// Returns whether a connection may lack what the header needs, or what it needs may be too long.
    pub(crate) fn may_be_missing(&self) -> bool {
        !self.tlvs.is_empty() || self.tls.is_some() || self.merge.is_some()
    }

    /// Encodes the header. Adds why TLVs were left out to `omitted`; without it, none may be.
    pub(crate) fn render(
        &self,
        sent: &Preamble,
        mut omitted: Option<&mut Vec<Unavailable>>,
    ) -> Result<Result<Vec<u8>, Unavailable>, HostError> {
        let endpoints = match sent.endpoints {
            None => endpoints()?,
            sent => sent,
        };
        if !self.is_binary {
            return Ok(Ok(version_1(endpoints)));
        }
        let mut tlvs = Tlvs::with_capacity(self.tlvs.len());
        // Without addresses, no TLVs are sent.
        if endpoints.is_some() {
            for Tlv { kind, value } in &self.tlvs {
                match (value.render()?, &mut omitted) {
                    (Ok(value), _) => tlvs.push((*kind, value)),
                    (Err(_), _) if sent.tlvs.iter().any(|(other, _)| other == kind) => {}
                    (Err(reason), Some(omitted)) => omitted.push(Unavailable::Tlv(*kind, reason)),
                    (Err(reason), None) => return Ok(Err(Unavailable::Tlv(*kind, reason))),
                }
            }
            if let Some(tls) = &self.tls {
                tlvs.extend(tls.value()?.map(|value| (tls::KIND, value)));
            }
            let ours = tlvs.len();
            for tlv in &sent.tlvs {
                if tlvs.iter().take(ours).all(|(kind, _)| *kind != tlv.0) {
                    tlvs.push(tlv.clone());
                }
            }
        }
        Ok(Ok(version_2(endpoints, &tlvs, self.is_checked)))
    }
}
