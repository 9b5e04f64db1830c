// ANCHOR: all
//! Copies a header of each request to its response.

use proxy_filter::config;
use proxy_filter::prelude::*;

// ANCHOR: configuration
/// The configuration, as users write it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    copied_header: HeaderName,
}
// ANCHOR_END: configuration

// ANCHOR: filter
/// The filter: its configuration, compiled.
pub struct AuthGate {
    copied: HeaderName,
}

impl Filter for AuthGate {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let config: Config = config::from_json(configuration)?;
        let copied = config.copied_header;
        if copied.is_framing() {
            let wrong = format!("`{copied}` delimits the body: use another header");
            return Err(ConfigError::new(wrong).in_field("copied_header"));
        }
        Ok(Self { copied })
    }
}
// ANCHOR_END: filter

// ANCHOR: stream
/// What the response phase needs of the request.
#[derive(Default)]
pub struct Stream {
    copied: Option<HeaderValue>,
}

impl HttpFilter for AuthGate {
    type Stream = Stream;
    type Tag = NoTag;
}
// ANCHOR_END: stream

// ANCHOR: request
impl OnRequestHeaders for AuthGate {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        request: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let copied = request.get(&self.copied)?;
        stream.copied = copied.and_then(|value| HeaderValue::new(value).ok());
        Ok(Flow::Continue)
    }
}
// ANCHOR_END: request

// ANCHOR: response
impl OnResponseHeaders for AuthGate {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        response: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        match &stream.copied {
            Some(value) => response.set(&self.copied, value),
            None => Ok(()),
        }
    }
}
// ANCHOR_END: response

// ANCHOR: register
proxy_filter::http_filter!(AuthGate: RequestHeaders, ResponseHeaders);
// ANCHOR_END: register
// ANCHOR_END: all
