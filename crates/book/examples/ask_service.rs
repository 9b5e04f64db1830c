// ANCHOR: all
//! Asks an authentication service who the user is, before it passes a request on.

use std::time::Duration;

use proxy_filter::config;
use proxy_filter::prelude::*;

/// The configuration, as users write it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    copied_header: HeaderName,
    // ANCHOR: cluster
    /// The cluster of the authentication service.
    auth_cluster: String,
    // ANCHOR_END: cluster
}

/// The filter: its configuration, compiled.
pub struct Gate {
    copied: HeaderName,
    auth_cluster: String,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");

/// How long a request waits for the service.
const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for Gate {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let config: Config = config::from_json(configuration)?;
        Ok(Self { copied: config.copied_header, auth_cluster: config.auth_cluster })
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

// ANCHOR: ask
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
            return Ok(Flow::Reply(Reply::new(401)));
        };
        let call = Call::http(&self.auth_cluster, "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(TIMEOUT);
        Ok(Flow::Call(call, ()))
    }
}
// ANCHOR_END: ask

// ANCHOR: answer
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
            _ => return Ok(Flow::Reply(Reply::new(403))),
        }
        Ok(Flow::Continue)
    }
}
// ANCHOR_END: answer

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

proxy_filter::http_filter!(Gate: RequestHeaders, CallResponse, ResponseHeaders);
// ANCHOR_END: all
