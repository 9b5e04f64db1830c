//! The inputs that conditions and templates read.
//!
//! A filter declares its inputs when it is configured, in an [`InputSet`]. In the request's header phase, the set
//! captures them in a [`Snapshot`] of the request. Later phases read the part of the snapshot that is
//! [kept](InputSet::restrict) for them, because the host exposes request headers only in their own phase.
//!
//! ```
//! use proxy_filter::headers::HeaderPairs;
//! use proxy_filter::inputs::{InputSet, Inputs};
//! use proxy_filter::template::Template;
//!
//! let template = Template::parse("%REQ(:method)% gave %RESP(:status)%")?;
//! let mut set = InputSet::default();
//! set.extend(&template);
//!
//! let request = set.capture_from(HeaderPairs::of([(":method", "GET"), ("cookie", "a=b")]))?;
//! let request = set.restrict(request)?;
//! assert_eq!(request.headers().iter().count(), 1);
//! let inputs = Inputs { request: &request, response: &HeaderPairs::of([(":status", "204")]) };
//! assert_eq!(template.render(&inputs, None)?.as_deref(), Some(b"GET gave 204".as_slice()));
//! # Ok::<(), proxy_filter::config::ConfigError>(())
//! ```

mod address;
mod input;
mod set;
mod snapshot;
mod values;

pub use input::{HasInputs, Input, check_before_response};
pub use set::InputSet;
pub use snapshot::Snapshot;
pub use values::Inputs;
