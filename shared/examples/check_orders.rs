//! Reads JSON bodies: refuses orders that are too large, and replaces the errors of the upstream by their codes.

use proxy_filter::prelude::*;
use serde::Deserialize;

pub struct CheckOrders;

#[derive(Deserialize)]
struct Order {
    item: String,
    count: u32,
}

/// An error of the upstream. Clients get no more of it than its code.
#[derive(Deserialize)]
struct Failure {
    code: u32,
}

/// The longest body, in bytes.
const LIMIT: usize = 64;
const MOST: u32 = 20;
const CONTENT_LENGTH: HeaderName = HeaderName::from_static("content-length");

impl Filter for CheckOrders {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for CheckOrders {
    /// Whether the response is an error.
    type Stream = bool;
    type Tag = NoTag;
}

impl OnRequestBody for CheckOrders {
    fn on_request_body(&self, _: &mut bool, body: &mut RequestBody) -> Result<Flow, HostError> {
        let refused = |status, reason: String| Flow::Reply(Reply::new(status).body(reason));
        Ok(match body.collect_json::<Order>(LIMIT)? {
            CollectedJson::Pending => Flow::Continue,
            CollectedJson::Complete(Order { item, count }) if count > MOST => {
                refused(422, format!("at most {MOST} of {item}\n"))
            }
            CollectedJson::Complete(_) => Flow::Continue,
            CollectedJson::TooLarge => refused(413, "the order is too long\n".into()),
            CollectedJson::Invalid(reason) => refused(400, format!("{reason}\n")),
        })
    }
}

impl OnResponseHeaders for CheckOrders {
    fn on_response_headers(
        &self,
        is_error: &mut bool,
        response: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        *is_error = response.pairs()?.status() == Some(500);
        if *is_error { response.remove(&CONTENT_LENGTH) } else { Ok(()) }
    }
}

impl OnResponseBody for CheckOrders {
    fn on_response_body(&self, is_error: &mut bool, body: &mut ResponseBody) -> Result<(), HostError> {
        if !*is_error {
            return Ok(());
        }
        match body.collect_json::<Failure>(LIMIT)? {
            CollectedJson::Pending => Ok(()),
            CollectedJson::Complete(Failure { code }) => body.replace(format!("error {code}\n").as_bytes()),
            CollectedJson::TooLarge | CollectedJson::Invalid(_) => body.replace(b""),
        }
    }
}

proxy_filter::http_filter!(CheckOrders: RequestBody, ResponseHeaders, ResponseBody);
