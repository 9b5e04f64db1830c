//! Typed attributes: what Envoy knows about a request, a connection or a plugin.
//!
//! Names and types follow Envoy's documentation, "Attributes"; the encoding of each type follows
//! `serializeValue` in Envoy's `source/extensions/common/wasm/context.cc`.
//!
//! Which attributes have a value depends on the phase: those of the request only in its header phase and at
//! the end of the stream, those of the response from its headers on, those of the upstream once Envoy has
//! chosen it, and those of the connection throughout a stream. Outside of a stream none of these has one.
//!
//! Reading an attribute costs about 10k instructions, however small it is. `request.headers` is not here,
//! because reading all of it can crash Envoy (envoy#24188): use the header views instead.

mod decode;
mod known;
mod text;
mod text_attribute;
mod typed;

pub use decode::FromAttribute;
pub use known::*;
pub use text_attribute::TextAttribute;
pub use typed::Attribute;
