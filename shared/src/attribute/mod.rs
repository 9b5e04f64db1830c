//! Typed attributes of requests, connections and plugins.
//!
//! Names and types follow Envoy's documentation, "Attributes"; the encoding of each type follows
//! `serializeValue` in Envoy's `source/extensions/common/wasm/context.cc`.
//!
//! The phase determines which attributes have a value. Request attributes have one only in the request's
//! header phase and at the end of the stream, response attributes from the response's headers on, upstream
//! attributes once Envoy has chosen the upstream, and connection attributes throughout a stream. Outside a
//! stream, none of these has a value.
//!
//! Reading an attribute costs about 10k instructions, regardless of its size. `request.headers` is not listed
//! here, because reading the whole map can crash Envoy (envoy#24188): use the header views instead.

mod date;
mod decode;
mod form;
mod known;
mod text;
mod text_attribute;
mod typed;

pub use decode::FromAttribute;
pub use known::*;
pub use text_attribute::TextAttribute;
pub use typed::Attribute;
