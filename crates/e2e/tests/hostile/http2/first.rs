//! What comes before, after or with other frames.

use crate::exchange::{Expected, Version};
use crate::kind::Kind;
use crate::message::{Message, STREAM, hello};

/// Frames in a flood: more than Envoy accepts in some kinds.
pub(super) const FLOOD: usize = 2000;

/// Frames after the client's first ones.
pub(super) fn after(name: &str, frames: impl AsRef<[u8]>, expected: Expected) -> Kind {
    Kind::new(name, Version::Http2, [&*hello(), frames.as_ref()].concat(), expected)
}

/// The frames of a request.
pub(super) fn get() -> Vec<u8> {
    Message::get("/old/a").frames(STREAM)
}

/// Frames, then a request.
pub(super) fn then_get(name: &str, frames: impl AsRef<[u8]>, expected: Expected) -> Kind {
    after(name, [frames.as_ref(), &get()].concat(), expected)
}
