//! Shared queues, which pass items between VMs.

use crate::sys::{self, HostError, found};

/// A shared queue.
///
/// ```
/// # use proxy_filter::queue::Queue;
/// # proxy_model::filter_fn::on_configure(|| {
/// let queue = Queue::register("my-filter.events")?;
/// queue.push(b"one")?;
/// assert_eq!(queue.pop()?.as_deref(), Some(b"one".as_slice()));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue(u32);

impl Queue {
    /// Opens this VM's queue with this name. Creates it if it does not exist.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn register(name: &str) -> Result<Self, HostError> {
        sys::register_shared_queue(name.as_bytes()).map(Self)
    }

    /// Opens the queue with this name in the VM with this id. Returns `None` if it does not exist.
    ///
    /// ```
    /// # use proxy_filter::queue::Queue;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Queue::resolve("another-vm", "my-filter.events")?, None);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn resolve(vm_id: &str, name: &str) -> Result<Option<Self>, HostError> {
        found(sys::resolve_shared_queue(vm_id.as_bytes(), name.as_bytes()).map(Self))
    }

    /// Appends an item.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn push(self, item: &[u8]) -> Result<(), HostError> {
        sys::enqueue_shared_queue(self.0, item)
    }

    /// Removes and returns the first item. Returns `None` if the queue is empty.
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
