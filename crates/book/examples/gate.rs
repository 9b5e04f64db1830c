// ANCHOR: all
//! Asks an authentication service who the user is, counts the requests that it denies, and limits the length of bodies.

use std::time::Duration;

use proxy_filter::config;
use proxy_filter::prelude::*;

/// The configuration, as users write it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    copied_header: HeaderName,
    /// The cluster of the authentication service.
    auth_cluster: String,
    // ANCHOR: limit
    /// The length of the longest body, in bytes.
    max_body: usize,
    // ANCHOR_END: limit
}

/// The filter: its configuration, compiled.
pub struct Gate {
    copied: HeaderName,
    auth_cluster: String,
    denied: Counter,
    max_body: usize,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");

/// How long a request waits for the service.
const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for Gate {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let config: Config = config::from_json(configuration)?;
        Ok(Self {
            copied: config.copied_header,
            auth_cluster: config.auth_cluster,
            denied: Counter::define("gate.denied")?,
            max_body: config.max_body,
        })
    }
}

/// What later phases need of the request.
#[derive(Default)]
pub struct Stream {
    copied: Option<HeaderValue>,
}

impl HttpFilter for Gate {
    type Stream = Stream;
    type Tag = ();
}

impl OnRequestHeaders for Gate {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        request: &mut RequestHeaders,
    ) -> Result<Flow<()>, HostError> {
        stream.copied = request.get(&self.copied)?.and_then(|value| HeaderValue::new(value).ok());
        // Only this filter names the user.
        request.remove(&USER)?;
        let authorization = request.get(&AUTHORIZATION)?.and_then(|value| HeaderValue::new(value).ok());
        let Some(authorization) = authorization else {
            return Ok(self.deny(401));
        };
        let call = Call::http(&self.auth_cluster, "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(TIMEOUT);
        Ok(Flow::Call(call, ()))
    }
}

impl OnCallResponse for Gate {
    fn on_call_response(
        &self,
        _: &mut Stream,
        _: (),
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        let (CallResponse::Http(answer, _), Some(request)) = (response, request) else {
            return Ok(Flow::Reply(Reply::new(503).body("cannot ask who you are\n")));
        };
        match (answer.status(), answer.first(&USER).map(HeaderValue::new)) {
            (Some(200), Some(Ok(user))) => request.set(&USER, &user)?,
            (Some(500..), _) => {
                return Ok(Flow::Reply(Reply::new(503).body("cannot ask who you are\n")));
            }
            _ => return Ok(self.deny(403)),
        }
        Ok(Flow::Continue)
    }
}

impl Gate {
    /// Refuses a request, and counts it.
    fn deny(&self, status: u16) -> Flow<()> {
        self.denied.increment(1);
        Flow::Reply(Reply::new(status))
    }
}

// ANCHOR: body
impl OnRequestBody for Gate {
    fn on_request_body(&self, _: &mut Stream, body: &mut RequestBody) -> Result<Flow<()>, HostError> {
        Ok(match body.collect(self.max_body)? {
            Collected::Pending | Collected::Complete(_) => Flow::Continue,
            Collected::TooLarge => self.deny(413),
        })
    }
}
// ANCHOR_END: body

impl OnResponseHeaders for Gate {
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

// ANCHOR: register
proxy_filter::http_filter!(Gate: RequestHeaders, CallResponse, RequestBody, ResponseHeaders);
// ANCHOR_END: register
// ANCHOR_END: all
