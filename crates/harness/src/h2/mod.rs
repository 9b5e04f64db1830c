//! HTTP/2 as bytes (RFC 9113): a client can send with it what client libraries rightly refuse to.

mod frame;
mod hpack;

pub use frame::{Frame, PREFACE, flag, frame, frames, kind, setting, settings};
pub use hpack::{fields, literal, status};
