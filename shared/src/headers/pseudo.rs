//! The pseudo-headers of requests (RFC 9113, section 8.3.1).

use super::HeaderName;

/// The host, with the port if the client gives one.
pub static AUTHORITY: HeaderName = HeaderName::pseudo(":authority");

/// The method.
pub static METHOD: HeaderName = HeaderName::pseudo(":method");

/// The target: path and query.
pub static PATH: HeaderName = HeaderName::pseudo(":path");

/// `http` or `https`.
pub static SCHEME: HeaderName = HeaderName::pseudo(":scheme");
