//! What happens to a stream besides the messages that the model sends: it ends early, attributes have other values, and
//! callbacks come that no call waits for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use arbitrary::Arbitrary;
use proxy_filter::sys::{
    BufferType, Host, HostError, LogLevel, MapType, MetricType, SharedValue, StreamType,
};
use proxy_model::{Callback, Guest, Trap};

/// What happens to the streams of a proxy.
#[derive(Debug)]
pub struct Script {
    /// Values of attributes, by path with zero bytes between its segments. Others have those of the model.
    pub attributes: RefCell<Vec<(String, Vec<u8>)>>,
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
        Self { attributes: RefCell::default(), callbacks, strays: RefCell::default() }
    }
}

/// A VM whose streams follow a script.
pub struct Scripted<G> {
    guest: G,
    script: Rc<Script>,
    plugin: u32,
    /// The callbacks that the running stream got, of its request and of its response.
    passed: [usize; 2],
}

impl<G: Guest> Scripted<G> {
    /// Creates the VM.
    pub fn new(guest: G, script: Rc<Script>) -> Self {
        Self { guest, script, plugin: 0, passed: [0; 2] }
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
        let host: Rc<dyn Host> = Rc::new(ScriptedHost { host, script: Rc::clone(&self.script) });
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

/// The model's host, with the script's attributes.
struct ScriptedHost {
    host: Rc<dyn Host>,
    script: Rc<Script>,
}

macro_rules! typed {
    (argument bytes) => { &[u8] };
    (result bytes) => { Vec<u8> };
    (result shared_value) => { SharedValue };
    (result nothing) => { () };
    ($_place:ident $number:ident) => { $number };
}

macro_rules! method {
    (get_property($($arg:ident: $type:ident),*) -> $result:ident) => {
        fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
            let attributes = self.script.attributes.borrow();
            match attributes.iter().find(|(known, _)| known.as_bytes() == path) {
                Some((_, value)) => Ok(value.clone()),
                None => self.host.get_property(path),
            }
        }
    };
    ($name:ident($($arg:ident: $type:ident),*) -> $result:ident) => {
        fn $name(&self, $($arg: typed!(argument $type)),*) -> Result<typed!(result $result), HostError> {
            self.host.$name($($arg),*)
        }
    };
}

macro_rules! delegate {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        impl Host for ScriptedHost {
            $($(method!($name($($arg: $type),*) -> $result);)+)+
        }
    };
}

proxy_filter::__hostcalls!(delegate);
