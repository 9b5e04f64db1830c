//! The interface to the host: one function for each hostcall that the layer uses.
//!
//! On `wasm32` the functions are Proxy-Wasm imports (ABI 0.2.1), elsewhere they call the [`Host`] that a test
//! installs for its thread. The feature `host` selects this on `wasm32` too, for a model of a proxy that is itself a
//! module. The rest of the crate does not depend on the target, and this module does not depend on the rest of the
//! crate.
//!
//! The imports are declared here rather than taken from `proxy_wasm::hostcalls`, whose wrappers panic on
//! statuses that hosts legitimately return, and decode the status into an enum that lacks five of them.

mod abi;
#[cfg(any(test, all(feature = "allocator", target_arch = "wasm32", not(feature = "host"))))]
mod allocator;
mod callbacks;
#[cfg(any(test, all(target_arch = "wasm32", not(feature = "host"))))]
mod memory;
mod status;
mod types;

// Miri runs the wrappers natively.
#[cfg(any(all(test, miri), all(target_arch = "wasm32", not(feature = "host"))))]
mod wasm;
#[cfg(all(target_arch = "wasm32", not(feature = "host")))]
pub(crate) use wasm::*;

#[cfg(all(feature = "allocator", target_arch = "wasm32", not(feature = "host")))]
#[global_allocator]
static ALLOCATOR: allocator::FreeLists<std::alloc::System> = allocator::FreeLists::new(std::alloc::System);

#[cfg(any(not(target_arch = "wasm32"), feature = "host"))]
mod native;
#[cfg(any(not(target_arch = "wasm32"), feature = "host"))]
pub(crate) use native::calls::*;
#[cfg(any(not(target_arch = "wasm32"), feature = "host"))]
pub use native::{Host, with_host};

/// Whether the process is a single VM, as a module is.
pub(crate) const HAS_ONE_VM: bool = cfg!(all(target_arch = "wasm32", not(feature = "host")));

pub use status::HostError;
pub(crate) use status::found;
pub use types::{BufferType, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};
