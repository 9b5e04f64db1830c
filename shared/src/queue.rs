//! Shared queues: items that one VM puts in and another takes out.

use crate::sys::found;
use crate::sys::{self, HostError};

/// A queue by its host's number.
///
/// ```
/// # use proxy_filter::queue::Queue;
/// # proxy_model::scratch::on_configure(|| {
/// let queue = Queue::register("my-filter.events")?;
/// queue.push(b"one")?;
/// assert_eq!(queue.pop()?.as_deref(), Some(b"one".as_slice()));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue(u32);

impl Queue {
    /// This VM's queue of this name, made if it is not there.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn register(name: &str) -> Result<Self, HostError> {
        sys::register_shared_queue(name.as_bytes()).map(Self)
    }

    /// The queue of this name that the VM with this id registered; `None` where there is none.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn resolve(vm_id: &str, name: &str) -> Result<Option<Self>, HostError> {
        found(sys::resolve_shared_queue(vm_id.as_bytes(), name.as_bytes()).map(Self))
    }

    /// Puts an item at the end.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn push(self, item: &[u8]) -> Result<(), HostError> {
        sys::enqueue_shared_queue(self.0, item)
    }

    /// Takes the item at the head; `None` where there is none.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn pop(self) -> Result<Option<Vec<u8>>, HostError> {
        match sys::dequeue_shared_queue(self.0) {
            Ok(item) => Ok(Some(item)),
            Err(HostError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
