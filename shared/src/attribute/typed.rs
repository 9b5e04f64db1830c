//! One attribute and its type.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::FromAttribute;
use crate::sys::{self, HostError, found};

/// An attribute with a value of type `T`.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, filter_fn};
/// # filter_fn::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// use proxy_filter::attribute;
///
/// assert_eq!(attribute::REQUEST_METHOD.get()?.as_deref(), Some(b"GET".as_slice()));
/// # Ok(Flow::Continue)
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Attribute<T> {
    /// Segments, separated by zero bytes.
    path: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

impl<T: FromAttribute> Attribute<T> {
    pub(super) const fn new(path: &'static str) -> Self {
        Self { path: Cow::Borrowed(path), value: PhantomData }
    }

    /// Creates an attribute that this module does not list.
    pub fn at(segments: &[&str]) -> Self {
        Self { path: Cow::Owned(segments.join("\0")), value: PhantomData }
    }

    /// Creates an attribute for a value in the stream's dynamic metadata, which other filters set.
    pub fn metadata(namespace: &str, key: &str) -> Self {
        Self::at(&["metadata", "filter_metadata", namespace, key])
    }

    /// Reads the value. Returns `None` if the attribute has no value in this phase, and `Some` for an empty
    /// value.
    ///
    /// # Errors
    /// Returns [`HostError::ParseFailure`] if the value is not a `T`, otherwise the host's error.
    pub fn get(&self) -> Result<Option<T>, HostError> {
        let bytes = found(sys::get_property(self.path.as_bytes()))?;
        bytes.map(|bytes| T::from_attribute(bytes).ok_or(HostError::ParseFailure)).transpose()
    }
}
