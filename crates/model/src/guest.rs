//! The host's interface to a virtual machine with a filter in it.

use std::fmt;
use std::rc::Rc;

use proxy_filter::sys::Host;

/// Defines [`Callback`] from the layer's table of callbacks.
macro_rules! callbacks {
    ($($protocol:ident { $(
        $(#[$doc:meta])+ $Variant:ident { $($arg:ident: $type:ty),* } = $export:ident $(($($binding:tt)*))?;
    )+ })+) => {
        /// A callback of the ABI with its arguments; contexts are context ids.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Callback {
            $($($(#[$doc])+ $Variant { context: u32, $($arg: $type),* },)+)+
        }

        impl Callback {
            /// Returns the context that the host makes current for the call.
            pub fn context(&self) -> u32 {
                match *self {
                    $($(Self::$Variant { context, .. } => context,)+)+
                }
            }

            /// Returns the export that a host calls, and the arguments it passes.
            pub fn export(&self) -> (&'static str, Vec<u32>) {
                match *self {
                    $($(Self::$Variant { context, $($arg),* } => {
                        (stringify!($export), vec![context, $(argument($arg)),*])
                    })+)+
                }
            }
        }
    };
}

proxy_filter::__callbacks!(callbacks);

/// Converts an argument to the ABI's type.
fn argument(value: impl TryInto<u32>) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

/// A VM trapped during a callback, as it does when the filter panics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A virtual machine with a filter in it.
pub trait Guest {
    /// Runs a callback; `host` serves the hostcalls it makes. Returns the callback's result: an action (0 to
    /// continue, 1 to pause), a boolean for `Configure`, else 0.
    ///
    /// # Errors
    /// The VM trapped. It must not be called again.
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap>;
}
