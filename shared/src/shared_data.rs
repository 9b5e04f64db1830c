//! The host's shared data: bytes under a key, visible to every worker that runs the same VM.
//!
//! Hazards: the host never frees a key while a VM with this id exists, so keys must not come from clients.
//! There is no "create if absent": two workers that write a new key at the same time can overwrite each
//! other. Create keys in [`Filter::configure`](crate::Filter::configure), which runs in the canary VM before
//! it runs on any worker.

use crate::sys::{self, HostError, SharedValue};

/// The number of times that [`update`] tries before it gives up.
pub const MAX_TRIES: u32 = 64;

/// What [`update`] does with a value, and what it returns.
///
/// ```
/// # use proxy_filter::shared_data::{self, Change, UpdateError};
/// # proxy_model::filter_fn::on_configure(|| {
/// shared_data::set(b"my-filter.open", b"no")?;
/// let was_open = shared_data::update(b"my-filter.open", |value| match value.as_deref() {
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
    /// Write nothing.
    Keep(T),
    /// Replace the value with these bytes.
    Write(Vec<u8>, T),
}

/// Why an update failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// Other workers wrote first, [`MAX_TRIES`] times in a row.
    #[error("other workers kept changing the value ({MAX_TRIES} tries)")]
    Contention,
    /// The host returned an error.
    #[error("shared data: {0}")]
    Host(#[from] HostError),
}

/// Reads the value of a key. Returns `None` if the key has no value or an empty one: hosts do not distinguish
/// the two.
///
/// # Errors
/// Returns the host's error.
pub fn get(key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
    read(key).map(|(value, _)| value)
}

/// Writes a value unconditionally. An empty value reads as `None`.
///
/// # Errors
/// Returns the host's error.
pub fn set(key: &[u8], value: &[u8]) -> Result<(), HostError> {
    sys::set_shared_data(key, value, 0)
}

/// A value that was read. An [update](update_from) can start from it without reading it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    value: Option<Vec<u8>>,
    cas: u32,
}

impl Seen {
    /// Reads the value of a key.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn read(key: &[u8]) -> Result<Self, HostError> {
        let (value, cas) = read(key)?;
        Ok(Self { value, cas })
    }

    /// Returns the bytes. `None` if the key has no value or an empty one.
    pub fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }
}

/// Changes a value by compare-and-swap: calls `change` with the current bytes, and again with the newer ones
/// if another worker wrote in between.
///
/// # Errors
/// Returns [`UpdateError::Contention`] after [`MAX_TRIES`] tries, or the host's error. In both cases nothing
/// is written.
pub fn update<T>(key: &[u8], change: impl FnMut(Option<Vec<u8>>) -> Change<T>) -> Result<T, UpdateError> {
    update_from(key, None, change)
}

/// Changes a value as [`update`] does, but starts from `seen`, if given, instead of reading the value. `seen` must be of
/// the same key.
///
/// # Errors
/// Same as [`update`].
pub fn update_from<T>(
    key: &[u8],
    mut seen: Option<Seen>,
    mut change: impl FnMut(Option<Vec<u8>>) -> Change<T>,
) -> Result<T, UpdateError> {
    for _ in 0..MAX_TRIES {
        let Seen { value, cas } = match seen.take() {
            Some(seen) => seen,
            None => Seen::read(key)?,
        };
        match change(value) {
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
