//! Shared queues: items that one VM puts in and another takes out.

use crate::error::found;
use crate::sys::{self, HostError};

/// A queue by its host's number.
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
    /// This VM's queue of this name, made if it is not there.
    ///
    /// ```
    /// # use proxy_filter::queue::Queue;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Queue::register("my-filter.events")?, Queue::register("my-filter.events")?);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn register(name: &str) -> Result<Self, HostError> {
        sys::register_shared_queue(name.as_bytes()).map(Self)
    }

    /// The queue of this name that the VM with this id registered; `None` where there is none.
    ///
    /// ```
    /// # use proxy_filter::queue::Queue;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Queue::resolve("another-vm", "events")?, None);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn resolve(vm_id: &str, name: &str) -> Result<Option<Self>, HostError> {
        found(sys::resolve_shared_queue(vm_id.as_bytes(), name.as_bytes()).map(Self))
    }

    /// Puts an item at the end.
    ///
    /// ```
    /// # use proxy_filter::queue::Queue;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let queue = Queue::register("my-filter.events")?;
    /// queue.push(b"one")?;
    /// # assert!(queue.pop()?.is_some());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn push(self, item: &[u8]) -> Result<(), HostError> {
        sys::enqueue_shared_queue(self.0, item)
    }

    /// Takes the item at the head; `None` where there is none.
    ///
    /// ```
    /// # use proxy_filter::queue::Queue;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let queue = Queue::register("my-filter.events")?;
    /// assert_eq!(queue.pop()?, None);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn pop(self) -> Result<Option<Vec<u8>>, HostError> {
        match sys::dequeue_shared_queue(self.0) {
            Ok(item) => Ok(Some(item)),
            Err(HostError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
