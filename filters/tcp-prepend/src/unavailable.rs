//! Why a connection gets no payload.

use proxy_filter::template::NoValue;

/// The most bytes of a payload, and of a header that a client sends.
pub(crate) const LIMIT: usize = 4096;

/// Why a connection gets no payload, or a payload without a TLV.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Unavailable {
    #[error(transparent)]
    Attribute(NoValue),
    #[error("TLV {0:#04x}: {1}")]
    Tlv(u8, NoValue),
    #[error("the payload would have {0} bytes, over the limit of {LIMIT}")]
    TooLong(usize),
    #[error("the client's PROXY protocol header {0}")]
    Preamble(&'static str),
}
