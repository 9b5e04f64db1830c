//! Built filters by name, for a listener's chain.

use proxy_filter_envoy::bootstrap::Filter;
use serde_json::Value;

use crate::parts;

/// Returns a built filter, configured with text.
pub fn filter(name: &str, configuration: &str) -> Filter {
    Filter::new(name, &parts::filter(name), configuration)
}

/// Returns a built filter, configured with a protobuf message of any type, as JSON with its `@type`.
pub fn configured(name: &str, configuration: Value) -> Filter {
    Filter::configured(name, &parts::filter(name), configuration)
}
