//! Asks a service for the user of each request, and awaits the response. `return_call` does the same with less work.

use proxy_filter::prelude::*;

pub struct AwaitCall;

const USER: HeaderName = HeaderName::from_static("x-user");

impl Filter for AwaitCall {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for AwaitCall {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequest for AwaitCall {
    async fn on_request(&self, (): &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
        let response = Call::http("auth", "auth.example", "GET", "/user").await;
        if response.status() != Some(200) {
            return Ok(Flow::Reply(Reply::new(403)));
        }
        request.set(&USER, &HeaderValue::with_spaces_for_controls(response.body()))?;
        Ok(Flow::Continue)
    }
}

proxy_filter::http_filter!(AwaitCall: Request);
