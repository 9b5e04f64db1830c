//! The host's shared data: bytes under a key, seen by every worker that runs the same VM.
//!
//! Hazards: a key is never freed before the last VM dies, so keys must not come from clients. And
//! there is no create-if-absent; two first writers can overwrite each other. Create keys in
//! [`Filter::configure`](crate::Filter::configure), which runs in the canary VM before any worker.

use crate::sys::{self, HostError, SharedValue};

/// How often [`update`] tries before it gives up.
pub const MAX_TRIES: u32 = 64;

/// What a change does with the value it was shown.
///
/// ```
/// # use proxy_filter::shared_data::{self, Change, UpdateError};
/// # proxy_model::scratch::on_configure(|| {
/// shared_data::set(b"my-filter.open", b"no")?;
/// let was_open = shared_data::update(b"my-filter.open", |value| match value {
///     Some(b"yes") => Change::Keep(true),
///     _ => Change::Write(b"yes".to_vec(), false),
/// });
/// assert_eq!(was_open, Ok(false));
/// assert_eq!(shared_data::get(b"my-filter.open")?.as_deref(), Some(b"yes".as_slice()));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing is written.
    Keep(T),
    /// These bytes replace the value.
    Write(Vec<u8>, T),
}

/// Why an update did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// Other workers were faster [`MAX_TRIES`] times in a row.
    #[error("other workers kept changing the value ({MAX_TRIES} tries)")]
    Contention,
    /// The host refused.
    #[error("shared data: {0}")]
    Host(#[from] HostError),
}

/// The value of a key; `None` where there is none, or it is empty: hosts show both alike.
///
/// # Errors
/// Returns the host's error.
pub fn get(key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
    read(key).map(|(value, _)| value)
}

/// Writes a value, whatever was there. An empty one reads as none.
///
/// # Errors
/// Returns the host's error.
pub fn set(key: &[u8], value: &[u8]) -> Result<(), HostError> {
    sys::set_shared_data(key, value, 0)
}

/// Changes a value by compare-and-swap: `change` sees the current bytes and is called again with
/// newer ones when another worker wrote in between.
///
/// # Errors
/// [`UpdateError::Contention`] after [`MAX_TRIES`] tries; nothing was written then.
pub fn update<T>(key: &[u8], mut change: impl FnMut(Option<&[u8]>) -> Change<T>) -> Result<T, UpdateError> {
    for _ in 0..MAX_TRIES {
        let (value, cas) = read(key)?;
        match change(value.as_deref()) {
            Change::Keep(result) => return Ok(result),
            Change::Write(bytes, result) => match sys::set_shared_data(key, &bytes, cas) {
                Ok(()) => return Ok(result),
                Err(HostError::CasMismatch) => {}
                Err(error) => return Err(error.into()),
            },
        }
    }
    Err(UpdateError::Contention)
}

fn read(key: &[u8]) -> Result<(Option<Vec<u8>>, u32), HostError> {
    match sys::get_shared_data(key) {
        Ok(SharedValue { value, cas }) => Ok((value, cas)),
        Err(HostError::NotFound) => Ok((None, 0)),
        Err(error) => Err(error),
    }
}
