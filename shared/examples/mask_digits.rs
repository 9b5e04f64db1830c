//! Edits bodies and trailers: masks the digits in what clients and upstreams send.
//!
//! Masks requests part by part, as they stream through. Collects each response first, up to the number of
//! bytes in the configuration; if a response is longer, the client gets one line instead. Removes trailers
//! named `x-secret`.

use proxy_filter::prelude::*;

pub struct MaskDigits {
    limit: usize,
}

const SECRET: HeaderName = HeaderName::from_static("x-secret");
const CONTENT_LENGTH: HeaderName = HeaderName::from_static("content-length");
const TOO_LONG: &[u8] = b"too long to be masked\n";
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
    /// Whether the response was too long and its line has been sent.
    type Stream = bool;
    type Tag = NoTag;
}

fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if byte.is_ascii_digit() { b'#' } else { *byte }).collect()
}

impl OnRequestBody for MaskDigits {
    fn on_request_body(&self, _: &mut bool, body: &mut RequestBody) -> Result<Flow, HostError> {
        if !body.is_empty() {
            body.replace(&masked(&body.bytes()?))?;
        }
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for MaskDigits {
    fn on_request_trailers(&self, _: &mut bool, trailers: &mut RequestTrailers) -> Result<(), HostError> {
        trailers.remove(&SECRET)
    }
}

/// The length of the client's body may differ from that of the upstream's.
impl OnResponseHeaders for MaskDigits {
    fn on_response_headers(&self, _: &mut bool, headers: &mut ResponseHeaders) -> Result<(), HostError> {
        headers.remove(&CONTENT_LENGTH)
    }
}

impl OnResponseBody for MaskDigits {
    fn on_response_body(&self, is_replaced: &mut bool, body: &mut ResponseBody) -> Result<(), HostError> {
        match body.collect(self.limit)? {
            Collected::Pending => Ok(()),
            Collected::Complete(bytes) => body.replace(&masked(&bytes)),
            Collected::TooLarge if std::mem::replace(is_replaced, true) => body.replace(b""),
            Collected::TooLarge => body.replace(TOO_LONG),
        }
    }
}

impl OnResponseTrailers for MaskDigits {
    fn on_response_trailers(&self, _: &mut bool, trailers: &mut ResponseTrailers) -> Result<(), HostError> {
        trailers.remove(&SECRET)?;
        trailers.append(&MASKED, &HeaderValue::from_static("yes"))
    }
}

proxy_filter::http_filter!(
    MaskDigits: RequestBody, RequestTrailers, ResponseHeaders, ResponseBody, ResponseTrailers
);
