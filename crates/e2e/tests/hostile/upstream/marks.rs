//! What clients and Envoy's routes write into requests, for the upstream.

/// The request header that names the listener. Envoy's route sets it.
pub(crate) const LISTENER: &str = "x-listener";

/// The request header with the number of a hostile response.
pub(crate) const RESPONSE: &str = "x-response";

/// The request header that asks for no response.
pub(crate) const HANG: &str = "x-hang";

/// What a client writes into headers that only filters may write.
pub(crate) const FORGED: &str = "forged-by-the-client";

/// What is in requests that Envoy must not see as requests.
pub(crate) const SMUGGLED: &str = "/smuggled";
