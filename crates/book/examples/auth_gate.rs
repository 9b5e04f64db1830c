// ANCHOR: all
//! Calls an authentication service to learn who the user is, counts the requests that it denies, and limits the length of
//! bodies.

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
pub struct AuthGate {
    copied: HeaderName,
    auth_cluster: String,
    denied: Counter,
    max_body: usize,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");

/// How long a request waits for the service.
const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for AuthGate {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let config: Config = config::from_json(configuration)?;
        let copied = config.copied_header;
        if copied.is_framing() {
            let wrong = format!("`{copied}` delimits the body: use another header");
            return Err(ConfigError::new(wrong).in_field("copied_header"));
        }
        Ok(Self {
            copied,
            auth_cluster: config.auth_cluster,
            denied: Counter::define("auth_gate.denied")?,
            max_body: config.max_body,
        })
    }
}

/// What later phases need of the request.
#[derive(Default)]
pub struct Stream {
    copied: Option<HeaderValue>,
}

impl HttpFilter for AuthGate {
    type Stream = Stream;
    type Tag = NoTag;
}

impl OnRequest for AuthGate {
    async fn on_request(&self, stream: &mut Stream, request: &mut RequestHeaders) -> Result<Flow, HostError> {
        stream.copied = request.get(&self.copied)?.and_then(|value| HeaderValue::new(value).ok());
        // Only this filter names the user.
        request.remove(&USER)?;
        let Some(Ok(authorization)) = request.get(&AUTHORIZATION)?.map(HeaderValue::new) else {
            return Ok(self.deny(401));
        };
        let response = Call::http(&self.auth_cluster, "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(TIMEOUT)
            .await;
        match (response.status(), response.header(&USER).map(HeaderValue::new)) {
            (Some(200), Some(Ok(user))) => {
                request.set(&USER, &user)?;
                Ok(Flow::Continue)
            }
            (None | Some(500..), _) => Ok(Flow::Reply(Reply::new(503).body("cannot ask who you are\n"))),
            _ => Ok(self.deny(403)),
        }
    }
}

impl AuthGate {
    /// Denies a request, and counts it.
    fn deny(&self, status: u16) -> Flow {
        self.denied.increment(1);
        Flow::Reply(Reply::new(status))
    }
}

// ANCHOR: body
impl OnRequestBody for AuthGate {
    fn on_request_body(&self, _: &mut Stream, body: &mut RequestBody) -> Result<Flow, HostError> {
        Ok(match body.collect(self.max_body)? {
            Collected::Pending | Collected::Complete(_) => Flow::Continue,
            Collected::TooLarge => self.deny(413),
        })
    }
}
// ANCHOR_END: body

impl OnResponseHeaders for AuthGate {
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
proxy_filter::http_filter!(AuthGate: Request, RequestBody, ResponseHeaders);
// ANCHOR_END: register
// ANCHOR_END: all
