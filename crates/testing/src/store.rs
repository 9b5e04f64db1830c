//! What an instance of a module carries along.

use std::cell::Cell;
use std::rc::Rc;

use proxy_filter::sys::Host;

/// What the module's imports work with.
pub(crate) struct Data {
    /// The host, while a callback runs.
    pub(crate) host: Option<Rc<dyn Host>>,
    pub(crate) meter: Rc<Meter>,
}

/// What callbacks have cost so far.
#[derive(Default)]
pub(crate) struct Meter {
    pub(crate) instructions: Cell<u64>,
    pub(crate) hostcalls: Cell<u64>,
}
