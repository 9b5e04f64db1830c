//! Why a configuration is not loaded.

/// Why a configuration is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The filter refuses it: the line that it logged.
    #[error("{0}")]
    Refused(String),
    /// The proxy does not run.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}
