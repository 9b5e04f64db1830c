//! Bodies and trailers: masks the digits in what clients and upstreams send.
//!
//! Requests are masked part by part as they stream by. Responses are collected first, up to as many
//! bytes as the configuration says, and a longer one is refused before the client sees any of it.
//! Trailers named `x-secret` are removed.

use proxy_filter::headers::{RequestTrailers, ResponseTrailers};
use proxy_filter::http::{Collected, OnRequestBody, OnRequestTrailers, OnResponseBody, OnResponseTrailers};
use proxy_filter::http::{RequestBody, ResponseBody};
use proxy_filter::prelude::*;

pub struct MaskDigits {
    limit: usize,
}

const SECRET: HeaderName = HeaderName::from_static("x-secret");
const MASKED: HeaderName = HeaderName::from_static("x-masked");

impl Filter for MaskDigits {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let text = String::from_utf8_lossy(configuration);
        let limit = text.trim().parse();
        let limit = limit.map_err(|_| ConfigError::new(format_args!("`{text}` is not a number of bytes")))?;
        Ok(Self { limit })
    }
}

impl HttpFilter for MaskDigits {
    type Stream = ();
    type Tag = ();
}

fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if byte.is_ascii_digit() { b'#' } else { *byte }).collect()
}

impl OnRequestBody for MaskDigits {
    fn on_request_body(&self, _: &mut (), body: &mut RequestBody) -> Result<Flow, HostError> {
        if !body.is_empty() {
            body.replace(&masked(&body.bytes()?))?;
        }
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for MaskDigits {
    fn on_request_trailers(&self, _: &mut (), trailers: &mut RequestTrailers) -> Result<(), HostError> {
        trailers.remove(&SECRET)
    }
}

impl OnResponseBody for MaskDigits {
    fn on_response_body(&self, _: &mut (), body: &mut ResponseBody) -> Result<(), HostError> {
        match body.collect(self.limit)? {
            Collected::Pending => Ok(()),
            Collected::Complete(bytes) => body.replace(&masked(&bytes)),
            Collected::TooLarge => body.replace(b""),
        }
    }
}

impl OnResponseTrailers for MaskDigits {
    fn on_response_trailers(&self, _: &mut (), trailers: &mut ResponseTrailers) -> Result<(), HostError> {
        trailers.remove(&SECRET)?;
        trailers.append(&MASKED, &HeaderValue::from_static("yes"))
    }
}

proxy_filter::http_filter!(MaskDigits: RequestBody, RequestTrailers, ResponseBody, ResponseTrailers);
