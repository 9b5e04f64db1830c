//! The interface to the host: one function for each hostcall that the layer uses.
//!
//! On `wasm32` the functions are Proxy-Wasm imports (ABI 0.2.1), elsewhere they call the [`Host`] that a test
//! installs for its thread. The rest of the crate does not depend on the target, and this module does not
//! depend on the rest of the crate.
//!
//! The imports are declared here rather than taken from `proxy_wasm::hostcalls`, whose wrappers panic on
//! statuses that hosts legitimately return, and decode the status into an enum that lacks five of them.

mod abi;
#[cfg(any(test, all(feature = "allocator", target_arch = "wasm32")))]
mod allocator;
mod callbacks;
#[cfg(any(test, target_arch = "wasm32"))]
mod memory;
mod status;
mod types;

#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::*;

#[cfg(all(feature = "allocator", target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: allocator::FreeLists<std::alloc::System> = allocator::FreeLists::new(std::alloc::System);

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::calls::*;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{Host, with_host};

/// Whether the process is a single VM, as a module is.
pub(crate) const HAS_ONE_VM: bool = cfg!(target_arch = "wasm32");

pub use status::HostError;
pub(crate) use status::found;
pub use types::{BufferType, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};
