//! Asks a service whose key a request has, and tells the upstream.

use std::time::Duration;

use proxy_filter::prelude::*;

pub struct NameUser;

const KEY: HeaderName = HeaderName::from_static("x-key");
const USER: HeaderName = HeaderName::from_static("x-user");

impl Filter for NameUser {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for NameUser {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for NameUser {
    fn on_request_headers(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow<()>, HostError> {
        let Some(Ok(key)) = request.get(&KEY)?.map(HeaderValue::new) else {
            return Ok(Flow::Reply(Reply::new(401).body("a key is missing\n")));
        };
        let call = Call::http("users", "users.example", "GET", "/user").header(&KEY, &key);
        Ok(Flow::Call(call.timeout(Duration::from_millis(500)), ()))
    }
}

impl OnCallResponse for NameUser {
    fn on_call_response(
        &self,
        _: &mut (),
        _: (),
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        let (CallResponse::Http(answer, _), Some(request)) = (response, request) else {
            return Ok(Flow::Reply(Reply::new(503).body("try again\n")));
        };
        Ok(match (answer.status(), answer.first(&USER).map(HeaderValue::new)) {
            (Some(200), Some(Ok(user))) => {
                request.set(&USER, &user)?;
                Flow::Continue
            }
            (Some(404), _) => Flow::Reply(Reply::new(403).body("unknown key\n")),
            _ => Flow::Reply(Reply::new(503).body("try again\n")),
        })
    }
}

proxy_filter::http_filter!(NameUser: RequestHeaders, CallResponse);
