//! Adds a header to every response.

mod compile;
mod config;

use proxy_filter::prelude::*;

use config::Config;

/// The filter: its configuration, compiled.
#[derive(Debug)]
pub struct MyFilter {
    name: HeaderName,
    value: HeaderValue,
}

impl Filter for MyFilter {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Config::parse(configuration)?.try_into()
    }
}

impl HttpFilter for MyFilter {
    type Stream = ();
    type Tag = NoTag;
}

impl OnResponseHeaders for MyFilter {
    fn on_response_headers(&self, _: &mut (), response: &mut ResponseHeaders) -> Result<(), HostError> {
        response.set(&self.name, &self.value)
    }
}

proxy_filter::http_filter!(MyFilter: ResponseHeaders);
