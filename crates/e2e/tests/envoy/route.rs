//! Routes that several tests share.

use serde_json::{Value, json};

/// Returns a route with a direct response from Envoy, so that a test measures only the filter.
pub(crate) fn direct_response() -> Value {
    json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})
}
