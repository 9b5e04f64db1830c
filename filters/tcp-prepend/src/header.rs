//! Renders PROXY protocol headers for a connection.

use proxy_filter::HostError;
use proxy_filter::template::ConnectionTemplate;

use crate::addresses::endpoints;
use crate::merge::{Merge, Sent};
use crate::proxy_protocol::{CHECKSUM, append, split_tlv, version_1, version_2};
use crate::tls::Tls;
use crate::unavailable::Unavailable;

/// The type of a TLV that only fills space.
const PADDING: u8 = 0x04;

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

    /// Encodes the header, merged with one that the client sent. Adds why TLVs were left out to `omitted`; without it, none may
    /// be.
    pub(crate) fn render(
        &self,
        sent: Option<&Sent>,
        mut omitted: Option<&mut Vec<Unavailable>>,
    ) -> Result<Result<Vec<u8>, Unavailable>, HostError> {
        let endpoints = match sent.and_then(Sent::endpoints) {
            None => endpoints()?,
            sent => sent,
        };
        let mut sent = sent.map(Sent::tlvs).unwrap_or_default();
        if !self.is_binary {
            return Ok(Ok(version_1(endpoints)));
        }
        let mut tlvs = Vec::new();
        // Without addresses, no TLVs are sent.
        if endpoints.is_some() {
            for Tlv { kind, value } in &self.tlvs {
                match (value.render()?, &mut omitted) {
                    (Ok(value), _) => append(&mut tlvs, *kind, &value),
                    (Err(_), _) if has(sent, *kind) => {}
                    (Err(reason), Some(omitted)) => omitted.push(Unavailable::Tlv(*kind, reason)),
                    (Err(reason), None) => return Ok(Err(Unavailable::Tlv(*kind, reason))),
                }
            }
            if let Some(tls) = &self.tls {
                tls.append_to(&mut tlvs)?;
            }
            let ours = tlvs.len();
            while let Some((kind, value, rest)) = split_tlv(sent) {
                let is_ours = has(tlvs.get(..ours).unwrap_or_default(), kind);
                if !is_ours && ![CHECKSUM, PADDING].contains(&kind) {
                    append(&mut tlvs, kind, value);
                }
                sent = rest;
            }
        }
        Ok(Ok(version_2(endpoints, &tlvs, self.is_checked)))
    }
}

/// Returns whether one of these TLVs is of this type.
fn has(mut tlvs: &[u8], wanted: u8) -> bool {
    while let Some((kind, _, rest)) = split_tlv(tlvs) {
        if kind == wanted {
            return true;
        }
        tlvs = rest;
    }
    false
}
