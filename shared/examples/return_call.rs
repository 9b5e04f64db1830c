//! Asks a service for the user of each request: does the same as `await_call`, but returns the call from a phase.

use proxy_filter::prelude::*;

pub struct ReturnCall;

const USER: HeaderName = HeaderName::from_static("x-user");

impl Filter for ReturnCall {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for ReturnCall {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for ReturnCall {
    fn on_request_headers(&self, (): &mut (), _: &mut RequestHeaders) -> Result<Flow<()>, HostError> {
        Ok(Flow::Call(Call::http("auth", "auth.example", "GET", "/user"), ()))
    }
}

impl OnCallResponse for ReturnCall {
    fn on_call_response(
        &self,
        (): &mut (),
        (): (),
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        match request {
            Some(request) if response.status() == Some(200) => {
                request.set(&USER, &HeaderValue::with_spaces_for_controls(response.body()))?;
                Ok(Flow::Continue)
            }
            _ => Ok(Flow::Reply(Reply::new(403))),
        }
    }
}

proxy_filter::http_filter!(ReturnCall: RequestHeaders, CallResponse);
