//! Gives filters attributes that the model does not have, and makes their VMs trap.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use proxy_filter::sys::{
    BufferType, Host, HostError, LogLevel, MapType, MetricType, SharedValue, StreamType,
};
use proxy_model::{Callback, Guest, Trap};

/// Attributes by path, whose segments zero bytes separate.
pub type Attributes = Rc<RefCell<HashMap<&'static [u8], Vec<u8>>>>;

/// What happens to the VMs of a proxy.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Attributes of all streams, before those of the model.
    pub attributes: Attributes,
    /// The VM that traps next. They count from 0, which is the main thread's.
    pub traps: Rc<Cell<Option<usize>>>,
    made: Rc<Cell<usize>>,
}

impl Overlay {
    /// Puts the overlay over the next VM.
    pub fn over<G: Guest>(&self, guest: G) -> Over<G> {
        let number = self.made.replace(self.made.get() + 1);
        Over { guest, number, overlay: self.clone() }
    }

    /// Sets an attribute.
    pub fn set(&self, path: &'static [u8], value: impl Into<Vec<u8>>) {
        self.attributes.borrow_mut().insert(path, value.into());
    }
}

/// A VM with an overlay.
pub struct Over<G> {
    guest: G,
    number: usize,
    overlay: Overlay,
}

impl<G: Guest> Guest for Over<G> {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        if self.overlay.traps.get() == Some(self.number) {
            self.overlay.traps.set(None);
            return Err(Trap("the target wants it".into()));
        }
        let attributes = Rc::clone(&self.overlay.attributes);
        self.guest.call(Rc::new(Overlaid { host, attributes }), callback)
    }
}

struct Overlaid {
    host: Rc<dyn Host>,
    attributes: Attributes,
}

/// The type of an argument or a result in a row of the layer's table of hostcalls.
macro_rules! typed {
    (argument bytes) => { &[u8] };
    (result bytes) => { Vec<u8> };
    (result shared_value) => { SharedValue };
    (result nothing) => { () };
    ($_place:ident $number:ident) => { $number };
}

/// Calls the model's host, except for attributes that the overlay has.
macro_rules! forward {
    ($self:tt get_property $path:ident) => {
        match $self.attributes.borrow().get($path) {
            Some(value) => Ok(value.clone()),
            None => $self.host.get_property($path),
        }
    };
    ($self:tt $name:ident $($arg:ident)*) => { $self.host.$name($($arg),*) };
}

macro_rules! hostcalls {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        impl Host for Overlaid {
            $($(fn $name(&self, $($arg: typed!(argument $type)),*) -> Result<typed!(result $result), HostError> {
                forward!(self $name $($arg)*)
            })+)+
        }
    };
}

proxy_filter::__hostcalls!(hostcalls);
