//! What happens to a stream besides the messages that the model sends: it ends early, attributes have other values, and
//! callbacks come that no call waits for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use arbitrary::Arbitrary;
use proxy_filter::sys::Host;
use proxy_model::{Callback, Guest, Trap};

use crate::overlay::{Over, Overlay};

/// What happens to the streams of a proxy.
#[derive(Debug)]
pub struct Script {
    /// Gives attributes other values.
    pub overlay: Overlay,
    /// How many callbacks the filter gets of a request, and of its response, before the stream ends. Without one for the
    /// request, it gets none for the response: another filter has replied.
    pub callbacks: Cell<[usize; 2]>,
    /// Callbacks to insert before those of a stream, the last one first.
    pub strays: RefCell<Vec<Option<Stray>>>,
}

/// A token that no call has.
const UNKNOWN: u8 = u8::MAX;

/// A callback that does not belong to a message.
#[derive(Arbitrary, Clone, Debug)]
pub enum Stray {
    /// A tick.
    Tick,
    /// The message of a gRPC call.
    Message(u8, u8),
    /// The end of a gRPC call.
    Close(u8, u8),
    /// The response to an HTTP call.
    Response(u8, u8),
}

impl Default for Script {
    fn default() -> Self {
        let callbacks = Cell::new([usize::MAX; 2]);
        Self { overlay: Overlay::default(), callbacks, strays: RefCell::default() }
    }
}

/// A VM whose streams follow a script.
pub struct Scripted<G> {
    guest: Over<G>,
    script: Rc<Script>,
    plugin: u32,
    /// The callbacks that the running stream got, of its request and of its response.
    passed: [usize; 2],
}

impl<G: Guest> Scripted<G> {
    /// Creates the VM.
    pub fn new(guest: G, script: Rc<Script>) -> Self {
        Self { guest: script.overlay.over(guest), script, plugin: 0, passed: [0; 2] }
    }

    /// Returns whether the stream ended before this callback, and counts it otherwise.
    fn is_over(&mut self, callback: Callback) -> bool {
        let half = match callback {
            Callback::RequestHeaders { .. }
            | Callback::RequestBody { .. }
            | Callback::RequestTrailers { .. } => 0,
            Callback::ResponseHeaders { .. }
            | Callback::ResponseBody { .. }
            | Callback::ResponseTrailers { .. } => 1,
            _ => return false,
        };
        let is_over =
            self.passed[half] >= self.script.callbacks.get()[half] || half == 1 && self.passed[0] == 0;
        self.passed[half] += usize::from(!is_over);
        is_over
    }
}

impl<G: Guest> Guest for Scripted<G> {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        match callback {
            Callback::ContextCreate { context, parent: 0 } => self.plugin = context,
            Callback::ContextCreate { .. } => self.passed = [0; 2],
            _ => {}
        }
        if self.is_over(callback) {
            return Ok(0);
        }
        let stray = self.script.strays.borrow_mut().pop().flatten();
        if let Some(stray) = stray {
            let context = self.plugin;
            self.guest.call(Rc::clone(&host), stray.callback(context))?;
        }
        self.guest.call(host, callback)
    }
}

impl Stray {
    /// Returns the callback with a token that the model gives to no call.
    #[must_use]
    pub fn with_unknown_token(&self) -> Self {
        match *self {
            Self::Tick => Self::Tick,
            Self::Message(_, size) => Self::Message(UNKNOWN, size),
            Self::Close(_, status) => Self::Close(UNKNOWN, status),
            Self::Response(_, size) => Self::Response(UNKNOWN, size),
        }
    }

    /// Returns whether the callback may have the token of a call.
    #[must_use]
    pub fn names_a_call(&self) -> bool {
        !matches!(self, Self::Tick)
    }

    fn callback(&self, context: u32) -> Callback {
        match *self {
            Self::Tick => Callback::Tick { context },
            Self::Message(token, size) => {
                Callback::GrpcReceive { context, token: token.into(), size: size.into() }
            }
            Self::Close(token, status) => {
                Callback::GrpcClose { context, token: token.into(), status: status.into() }
            }
            Self::Response(token, size) => Callback::HttpCallResponse {
                context,
                token: token.into(),
                headers: size.into(),
                body_size: size.into(),
                trailers: 0,
            },
        }
    }
}
