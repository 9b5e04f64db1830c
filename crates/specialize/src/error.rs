//! Errors of wasmtime.

/// Turns an error of wasmtime into an `anyhow` one with the whole chain of causes.
pub(crate) fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
