//! Asks two mirrors at once, takes the first response, and tries again if it is an error.

use std::time::Duration;

use proxy_filter::callout::race;
use proxy_filter::prelude::*;

pub struct AskMirrors;

const MIRRORS: [&str; 2] = ["east", "west"];
const MIRROR: HeaderName = HeaderName::from_static("x-mirror");
const ATTEMPTS: usize = 8;
const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for AskMirrors {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for AskMirrors {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequest for AskMirrors {
    async fn on_request(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
        for _ in 0..ATTEMPTS {
            let ask = |cluster| Call::grpc(cluster, "example.Mirror", "Find", Vec::new()).timeout(TIMEOUT);
            if let (_, CallResponse::Grpc(place)) = race(MIRRORS.map(ask)).await {
                request.set(&MIRROR, &HeaderValue::with_spaces_for_controls(&place))?;
                return Ok(Flow::Continue);
            }
        }
        Ok(Flow::Reply(Reply::new(503).body("no mirror\n")))
    }
}

proxy_filter::http_filter!(AskMirrors: Request);
