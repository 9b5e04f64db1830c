//! The host seam off wasm: calls go to the [`Host`] installed for the current thread.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Buffer, GrpcCall, HostError, HttpCall, Level, LocalResponse, Map, Metric, SharedValue, Side};

/// Declares the hostcalls once: as methods of [`Host`], and as the functions of [`calls`].
macro_rules! hostcalls {
    ($($(#[$doc:meta])+ fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        /// A proxy, as a filter sees it.
        ///
        /// Every method is one hostcall; one that a host leaves out answers
        /// [`Unimplemented`](HostError::Unimplemented), as a real proxy does.
        pub trait Host {
            $($(#[$doc])+
            ///
            /// # Errors
            /// What the host answers instead.
            fn $name(&self, $($argument: $type),*) -> Result<$answer, HostError> {
                $(_ = $argument;)*
                Err(HostError::Unimplemented)
            })+
        }

        pub(crate) mod calls {
            use super::*;

            $(pub(crate) fn $name($($argument: $type),*) -> Result<$answer, HostError> {
                match HOST.with_borrow(Clone::clone) {
                    Some(host) => host.$name($($argument),*),
                    None => Err(HostError::Unimplemented),
                }
            })+
        }
    };
}

hostcalls! {
    /// Writes a line to the proxy's log.
    fn log(level: Level, message: &str) -> ();
    /// The level below which the proxy drops lines.
    fn log_level() -> Level;
    /// Asks for a tick every `milliseconds`.
    fn set_tick_period(milliseconds: u32) -> ();
    /// Nanoseconds on the proxy's monotonic clock.
    fn monotonic_nanoseconds() -> u64;
    /// Nanoseconds since 1970 on the wall clock.
    fn wall_nanoseconds() -> u64;
    /// Up to `size` bytes of a buffer, from `start`.
    fn get_buffer(buffer: Buffer, start: usize, size: usize) -> Vec<u8>;
    /// Replaces `size` bytes from `start` by `data`.
    fn set_buffer(buffer: Buffer, start: usize, size: usize, data: &[u8]) -> ();
    /// All pairs of a map, serialized.
    fn get_header_pairs(map: Map) -> Vec<u8>;
    /// The first value of a header.
    fn get_header(map: Map, name: &[u8]) -> Vec<u8>;
    /// Adds a value beside those a header has.
    fn add_header(map: Map, name: &[u8], value: &[u8]) -> ();
    /// Replaces every value of a header by one.
    fn replace_header(map: Map, name: &[u8], value: &[u8]) -> ();
    /// Removes every value of a header.
    fn remove_header(map: Map, name: &[u8]) -> ();
    /// The raw bytes of an attribute; `path` is separated by zero bytes.
    fn get_property(path: &[u8]) -> Vec<u8>;
    /// Sets filter state, which other filters and access logs can read.
    fn set_property(path: &[u8], value: &[u8]) -> ();
    /// Answers the request in the upstream's stead.
    fn send_local_response(response: LocalResponse<'_>) -> ();
    /// Lets a paused stream go on.
    fn continue_stream(side: Side) -> ();
    /// Closes a connection or resets a stream.
    fn close_stream(side: Side) -> ();
    /// Reads shared data.
    fn get_shared_data(key: &[u8]) -> SharedValue;
    /// Writes shared data; `cas` 0 writes unconditionally.
    fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> ();
    /// The queue of this name, made if it is not there.
    fn register_shared_queue(name: &[u8]) -> u32;
    /// The queue of this name in another VM.
    fn resolve_shared_queue(vm_id: &[u8], name: &[u8]) -> u32;
    /// Puts an item at a queue's end.
    fn enqueue_shared_queue(queue: u32, item: &[u8]) -> ();
    /// Takes the item at a queue's head.
    fn dequeue_shared_queue(queue: u32) -> Vec<u8>;
    /// Defines a metric and returns its id.
    fn define_metric(kind: Metric, name: &[u8]) -> u32;
    /// Adds to a counter or gauge.
    fn increment_metric(metric: u32, offset: i64) -> ();
    /// Sets a gauge, or records a value of a histogram.
    fn record_metric(metric: u32, value: u64) -> ();
    /// The value of a counter or gauge.
    fn get_metric(metric: u32) -> u64;
    /// Calls a function of the host by name.
    fn call_foreign_function(name: &[u8], argument: &[u8]) -> Vec<u8>;
    /// Makes another context the one that calls are about.
    fn set_effective_context(context: u32) -> ();
    /// Sends an HTTP request; the answer comes as a callback with the token returned here.
    fn http_call(call: HttpCall<'_>) -> u32;
    /// Sends a gRPC request; the answer comes as a callback with the token returned here.
    fn grpc_call(call: GrpcCall<'_>) -> u32;
    /// Cancels a gRPC request.
    fn grpc_cancel(token: u32) -> ();
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

/// Off wasm nothing is exported: tests call the filter through [`crate::entry`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($($registration:tt)*) => {};
}
