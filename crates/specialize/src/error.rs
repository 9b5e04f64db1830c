//! Errors of wasmtime.

/// Converts an error of wasmtime to an `anyhow` one with the whole chain of causes.
pub(crate) fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
