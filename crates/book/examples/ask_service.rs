// ANCHOR: all
//! Calls an authentication service to learn who the user is, before it passes a request on.

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
pub struct AuthGate {
    copied: HeaderName,
    auth_cluster: String,
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
        Ok(Self { copied, auth_cluster: config.auth_cluster })
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

// ANCHOR: ask
impl OnRequest for AuthGate {
    async fn on_request(&self, stream: &mut Stream, request: &mut RequestHeaders) -> Result<Flow, HostError> {
        stream.copied = request.get(&self.copied)?.and_then(|value| HeaderValue::new(value).ok());
        // Only this filter names the user.
        request.remove(&USER)?;
        let Some(Ok(authorization)) = request.get(&AUTHORIZATION)?.map(HeaderValue::new) else {
            return Ok(Flow::Reply(Reply::new(401)));
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
            _ => Ok(Flow::Reply(Reply::new(403))),
        }
    }
}
// ANCHOR_END: ask

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

proxy_filter::http_filter!(AuthGate: Request, ResponseHeaders);
// ANCHOR_END: all
