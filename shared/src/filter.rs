//! What every filter implements.

use crate::config::ConfigError;

/// A filter: a configuration, compiled.
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
    /// Checks and compiles the plugin's configuration, which is empty if none was given.
    ///
    /// A configuration that Envoy passes on as a `google.protobuf.Struct` arrives here as JSON: see
    /// [`config::from_protobuf`](crate::config::from_protobuf).
    ///
    /// Envoy calls this in the canary VM, then once on each worker. Every new configuration is a new value;
    /// streams in flight keep the one they began with.
    ///
    /// # Errors
    /// A [`ConfigError`] refuses the configuration. Envoy logs it and keeps the configuration before it.
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError>;
}
