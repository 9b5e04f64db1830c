//! Adds a header to every response: its value is the configuration.

use proxy_filter::prelude::*;

pub struct Greeter {
    greeting: HeaderValue,
}

const HELLO: HeaderName = HeaderName::from_static("hello");

impl Filter for Greeter {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let greeting = HeaderValue::new(configuration).map_err(ConfigError::new)?;
        Ok(Self { greeting })
    }
}

impl HttpFilter for Greeter {
    type Stream = ();
    type Tag = NoTag;
}

impl OnResponseHeaders for Greeter {
    fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
        headers.append(&HELLO, &self.greeting)
    }
}

proxy_filter::http_filter!(Greeter: ResponseHeaders);
