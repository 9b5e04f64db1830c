//! Asks an HTTP service about every request, and passes a header of its response on to the upstream.

mod compile;
mod config;

use std::time::Duration;

use proxy_filter::prelude::*;

use config::Config;

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");

/// How long the service may take to respond.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The filter: its configuration, compiled.
#[derive(Debug)]
pub struct MyFilter {
    cluster: String,
    authority: String,
    path: String,
    header: HeaderName,
    denied: Counter,
}

impl Filter for MyFilter {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Config::parse(configuration)?.try_into()
    }
}

impl HttpFilter for MyFilter {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequest for MyFilter {
    async fn on_request(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
        // Clients must not set the header themselves.
        request.remove(&self.header)?;
        let mut call = Call::http(&self.cluster, &self.authority, "GET", self.path.as_str()).timeout(TIMEOUT);
        if let Some(authorization) = request.get(&AUTHORIZATION)? {
            let Ok(authorization) = HeaderValue::new(authorization) else {
                return Ok(Flow::Reply(Reply::new(400)));
            };
            call = call.header(&AUTHORIZATION, &authorization);
        }
        let response = call.await;
        match (response.status(), response.header(&self.header)) {
            (Some(200), Some(value)) => {
                request.set(&self.header, &HeaderValue::with_spaces_for_controls(value))?;
                Ok(Flow::Continue)
            }
            // Envoy responds 503 or 504 in place of a service that it does not reach.
            (None | Some(200 | 500..), _) => {
                log::warn!("cluster `{}`, path `{}`: {response:?}", self.cluster, self.path);
                Ok(Flow::Reply(Reply::new(503).body("try again\n").details("my_filter_unavailable")))
            }
            _ => {
                self.denied.increment(1);
                Ok(Flow::Reply(Reply::new(403).body("forbidden\n").details("my_filter_denied")))
            }
        }
    }
}

proxy_filter::http_filter!(MyFilter: Request);
