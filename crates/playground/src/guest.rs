//! An instance of the filter's module as a VM of the model.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::Host;
use proxy_model::imports::Hostcall;
use proxy_model::{Callback, Guest, Trap};

use crate::page;

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// The instance that runs. Hostcalls are its own.
    static CURRENT: RefCell<Current> = RefCell::default();
}

/// An instance that runs, and its host if it runs a callback.
#[derive(Clone, Default)]
pub(crate) struct Current {
    guest: u32,
    host: Option<Rc<dyn Host>>,
}

/// An instance, or why it does not start.
pub(crate) struct PageGuest {
    guest: u32,
    started: Result<(), Trap>,
}

impl PageGuest {
    /// Instantiates the filter's module.
    pub(crate) fn start() -> Self {
        let guest = NEXT.with(|next| next.replace(next.get().saturating_add(1)));
        let started = enter(Current { guest, host: None }, || page::start(guest));
        Self { guest, started }
    }
}

impl Guest for PageGuest {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        self.started.clone()?;
        let (export, arguments) = callback.export();
        let result = enter(Current { guest: self.guest, host: Some(host) }, || {
            page::call(self.guest, export, &arguments)
        })?;
        // A callback that the module does not export is skipped, as Envoy does.
        Ok(result.unwrap_or(u32::from(matches!(callback, Callback::Configure { .. }))))
    }
}

/// Makes an instance the current one while `run` runs.
fn enter<R>(current: Current, run: impl FnOnce() -> R) -> R {
    let before = CURRENT.replace(current);
    let result = run();
    CURRENT.set(before);
    result
}

impl Current {
    /// Returns the instance that makes a hostcall.
    pub(crate) fn get() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }
}

impl Hostcall for Current {
    fn host(&self) -> Result<Rc<dyn Host>, HostError> {
        self.host.clone().ok_or(HostError::InternalFailure)
    }

    fn read(&mut self, pointer: u32, size: u32) -> Result<Vec<u8>, HostError> {
        page::read(self.guest, pointer, size)
    }

    fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), HostError> {
        page::write(self.guest, pointer, bytes)
    }

    fn allocate(&mut self, size: u32) -> Result<u32, HostError> {
        page::allocate(self.guest, size)
    }
}
