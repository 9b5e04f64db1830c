//! The interface to the host on native targets: calls go to the [`Host`] installed for the current thread.

use std::cell::RefCell;
use std::rc::Rc;

use super::{BufferType, HostError, LogLevel, MapType, MetricType, SharedValue, StreamType};

/// The type of an argument or result in a row of the table.
macro_rules! typed {
    (argument bytes) => { &[u8] };
    (result bytes) => { Vec<u8> };
    (result shared_value) => { SharedValue };
    (result nothing) => { () };
    ($_place:ident $number:ident) => { $number };
}

macro_rules! host {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        /// A proxy, as a filter sees it.
        ///
        /// Each method is one hostcall. By default it returns [`Unimplemented`](HostError::Unimplemented), as a real
        /// proxy does for a call that it lacks.
        #[allow(clippy::missing_errors_doc, reason = "each returns the host's error")]
        pub trait Host {
            $($($(#[$doc])+
            fn $name(&self, $($arg: typed!(argument $type)),*) -> Result<typed!(result $result), HostError> {
                $(_ = $arg;)*
                Err(HostError::Unimplemented)
            })+)+
        }

        pub(crate) mod calls {
            use super::*;

            $($(pub(crate) fn $name($($arg: typed!(argument $type)),*) -> Result<typed!(result $result), HostError> {
                match HOST.with_borrow(Clone::clone) {
                    Some(host) => host.$name($($arg),*),
                    None => Err(HostError::Unimplemented),
                }
            })+)+
        }
    };
}

crate::__hostcalls!(host);

thread_local! {
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Runs `f` with `host` serving every hostcall of this thread, then restores the previous host.
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
