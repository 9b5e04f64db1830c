//! The trait that every filter implements.

use crate::config::ConfigError;

/// A filter, which is a compiled configuration.
///
/// ```
/// use proxy_filter::prelude::*;
///
/// struct Limit(u32);
///
/// impl Filter for Limit {
///     fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
///         let text = std::str::from_utf8(configuration).map_err(ConfigError::new)?;
///         text.trim().parse().map(Self).map_err(ConfigError::new)
///     }
/// }
/// assert_eq!(Limit::configure(b"20\n").unwrap().0, 20);
/// assert_eq!(Limit::configure(b"x").err().unwrap().to_string(), "invalid digit found in string");
/// ```
pub trait Filter: Sized + 'static {
    /// Checks and compiles the plugin's configuration, which is empty if the proxy has none for it.
    ///
    /// A configuration that Envoy passes on as a `google.protobuf.Struct` arrives here as JSON: see
    /// [`config::from_protobuf`](crate::config::from_protobuf).
    ///
    /// Envoy calls this in the canary VM, then once on each worker. Each new configuration creates a new
    /// value. Streams in flight keep the value they started with.
    ///
    /// # Errors
    /// A [`ConfigError`] refuses the configuration. Envoy logs it and keeps the previous configuration.
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError>;
}
