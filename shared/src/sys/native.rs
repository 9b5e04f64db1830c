//! The host seam off wasm: calls go to the [`Host`] installed for the current thread.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Buffer, HostError, Level, LocalResponse, Map, SharedValue};

/// A proxy, as a filter sees it.
///
/// Every method is one hostcall; one that a host leaves out answers
/// [`Unimplemented`](HostError::Unimplemented), as a real proxy does.
#[allow(unused_variables, reason = "default methods ignore their arguments")]
pub trait Host {
    /// Writes a line to the proxy's log.
    fn log(&self, level: Level, message: &str);
    /// The level below which the proxy drops lines.
    fn log_level(&self) -> Result<Level, HostError> {
        Ok(Level::Trace)
    }
    /// Asks for a tick every `milliseconds`.
    fn set_tick_period(&self, milliseconds: u32) -> Result<(), HostError> {
        Ok(())
    }
    /// Nanoseconds on the proxy's monotonic clock.
    fn monotonic_nanoseconds(&self) -> Result<u64, HostError> {
        Err(HostError::Unimplemented)
    }
    /// Up to `size` bytes of a buffer, from `start`.
    fn get_buffer(&self, buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        Err(HostError::Unimplemented)
    }
    /// Replaces `size` bytes from `start` by `data`.
    fn set_buffer(&self, buffer: Buffer, start: usize, size: usize, data: &[u8]) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
    /// All pairs of a map, serialized.
    fn get_header_pairs(&self, map: Map) -> Result<Vec<u8>, HostError> {
        Err(HostError::Unimplemented)
    }
    /// The first value of a header.
    fn get_header(&self, map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::Unimplemented)
    }
    /// Adds a value beside those a header has.
    fn add_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
    /// Replaces every value of a header by one.
    fn replace_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
    /// Removes every value of a header.
    fn remove_header(&self, map: Map, name: &[u8]) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
    /// The raw bytes of an attribute; `path` is separated by zero bytes.
    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::Unimplemented)
    }
    /// Answers the request in the upstream's stead.
    fn send_local_response(&self, response: LocalResponse<'_>) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
    /// Reads shared data.
    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        Err(HostError::Unimplemented)
    }
    /// Writes shared data; `cas` 0 writes unconditionally.
    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        Err(HostError::Unimplemented)
    }
}

thread_local! {
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Runs `f` with `host` answering every hostcall of this thread, then restores what was there.
pub fn with_host<R>(host: Rc<dyn Host>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<dyn Host>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            HOST.set(self.0.take());
        }
    }
    let _restore = Restore(HOST.replace(Some(host)));
    f()
}

pub(crate) mod calls {
    use super::*;

    fn host<R>(call: impl FnOnce(&dyn Host) -> Result<R, HostError>) -> Result<R, HostError> {
        match HOST.with_borrow(Clone::clone) {
            Some(host) => call(&*host),
            None => Err(HostError::Unimplemented),
        }
    }

    pub(crate) fn log(level: Level, message: &str) {
        _ = host(|h| {
            h.log(level, message);
            Ok(())
        });
    }
    pub(crate) fn log_level() -> Result<Level, HostError> {
        host(|h| h.log_level())
    }
    pub(crate) fn set_tick_period(milliseconds: u32) -> Result<(), HostError> {
        host(|h| h.set_tick_period(milliseconds))
    }
    pub(crate) fn monotonic_nanoseconds() -> Result<u64, HostError> {
        host(|h| h.monotonic_nanoseconds())
    }
    pub(crate) fn get_buffer(buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        host(|h| h.get_buffer(buffer, start, size))
    }
    pub(crate) fn set_buffer(
        buffer: Buffer,
        start: usize,
        size: usize,
        data: &[u8],
    ) -> Result<(), HostError> {
        host(|h| h.set_buffer(buffer, start, size, data))
    }
    pub(crate) fn get_header_pairs(map: Map) -> Result<Vec<u8>, HostError> {
        host(|h| h.get_header_pairs(map))
    }
    pub(crate) fn get_header(map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
        host(|h| h.get_header(map, name))
    }
    pub(crate) fn add_header(map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        host(|h| h.add_header(map, name, value))
    }
    pub(crate) fn replace_header(map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        host(|h| h.replace_header(map, name, value))
    }
    pub(crate) fn remove_header(map: Map, name: &[u8]) -> Result<(), HostError> {
        host(|h| h.remove_header(map, name))
    }
    pub(crate) fn get_property(path: &[u8]) -> Result<Vec<u8>, HostError> {
        host(|h| h.get_property(path))
    }
    pub(crate) fn send_local_response(response: LocalResponse<'_>) -> Result<(), HostError> {
        host(|h| h.send_local_response(response))
    }
    pub(crate) fn get_shared_data(key: &[u8]) -> Result<SharedValue, HostError> {
        host(|h| h.get_shared_data(key))
    }
    pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        host(|h| h.set_shared_data(key, value, cas))
    }
}

/// Off wasm nothing is exported: tests call the filter through [`crate::entry::Plugin`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($($registration:tt)*) => {};
}
