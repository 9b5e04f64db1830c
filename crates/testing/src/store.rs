//! The data of a module's instance.

use std::cell::Cell;
use std::rc::Rc;

use proxy_filter::sys::Host;

/// The data that the module's imports use.
pub(crate) struct Data {
    /// The host, while a callback runs.
    pub(crate) host: Option<Rc<dyn Host>>,
    pub(crate) meter: Rc<Meter>,
}

/// The cost of all callbacks so far.
#[derive(Default)]
pub(crate) struct Meter {
    pub(crate) instructions: Cell<u64>,
    pub(crate) hostcalls: Cell<u64>,
}
