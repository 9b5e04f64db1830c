//! Conditions on requests and responses, which several filters share.
//!
//! A [`Condition`] reads and checks itself as part of a filter's configuration.
//!
//! ```
//! use proxy_filter::config::from_json;
//! use proxy_filter::headers::HeaderPairs;
//! use proxy_filter::inputs::{Inputs, Snapshot};
//! use proxy_filter::matching::Condition;
//!
//! let condition: Condition = from_json(br#"{"any": [{"path": {"prefix": "/api"}}, {"method": "PUT"}]}"#)?;
//!
//! let request = Snapshot::of(HeaderPairs::of([(":method", "GET"), (":path", "/api/users?id=7")]));
//! assert_eq!(condition.holds(&Inputs::of_request(&request)), Some(true));
//! let request = Snapshot::of(HeaderPairs::of([(":method", "GET"), (":path", "/apix")]));
//! assert_eq!(condition.holds(&Inputs::of_request(&request)), Some(false));
//! # Ok::<(), proxy_filter::config::ConfigError>(())
//! ```

mod condition;
mod evaluation;
mod host;
mod method;
mod network;
mod path;
mod status;
mod text;
mod when;

pub use condition::Condition;
pub use network::Network;
pub use path::{NoPattern, PathPattern};
pub use when::When;
