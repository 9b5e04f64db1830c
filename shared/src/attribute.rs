//! What Envoy knows about a request, connection or plugin: typed attributes.
//!
//! Names and types: Envoy's documentation, "Attributes".

use std::marker::PhantomData;
use std::net::SocketAddr;

use crate::sys::{self, HostError};

/// The client's address. It honours Envoy's `use_remote_address` and `xff_num_trusted_hops`, so
/// there is no need to parse `x-forwarded-for`; an address taken from there has port 0.
pub const SOURCE_ADDRESS: Attribute<SocketAddr> = Attribute::new(b"source\0address");

/// The `name` that the proxy's configuration gives this plugin.
pub const PLUGIN_NAME: Attribute<String> = Attribute::new(b"plugin_name");

/// An attribute with a value of type `T`.
#[derive(Debug)]
pub struct Attribute<T> {
    path: &'static [u8],
    value: PhantomData<fn() -> T>,
}

impl<T: FromAttribute> Attribute<T> {
    /// An attribute by its path, whose dots are zero bytes here.
    pub const fn new(path: &'static [u8]) -> Self {
        Self { path, value: PhantomData }
    }

    /// The attribute's value; `None` where it has none in this phase.
    ///
    /// # Errors
    /// [`HostError::ParseFailure`] for a value that is not a `T`, else what the host answered.
    pub fn get(&self) -> Result<Option<T>, HostError> {
        match sys::get_property(self.path) {
            Ok(bytes) => T::from_attribute(bytes).map(Some).ok_or(HostError::ParseFailure),
            Err(HostError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A type that an attribute's bytes decode to.
pub trait FromAttribute: Sized {
    /// The value, `None` for bytes that are none.
    fn from_attribute(bytes: Vec<u8>) -> Option<Self>;
}

impl FromAttribute for String {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Self::from_utf8(bytes).ok()
    }
}

impl FromAttribute for SocketAddr {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        std::str::from_utf8(&bytes).ok()?.parse().ok()
    }
}
