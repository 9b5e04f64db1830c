//! Calls a service to learn whose key a request has, and tells the upstream.

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
    type Tag = NoTag;
}

impl OnRequest for NameUser {
    async fn on_request(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
        let Some(Ok(key)) = request.get(&KEY)?.map(HeaderValue::new) else {
            return Ok(Flow::Reply(Reply::new(401).body("a key is missing\n")));
        };
        let response = Call::http("users", "users.example", "GET", "/user")
            .header(&KEY, &key)
            .timeout(Duration::from_millis(500))
            .await;
        Ok(match (response.status(), response.header(&USER).map(HeaderValue::new)) {
            (Some(200), Some(Ok(user))) => {
                request.set(&USER, &user)?;
                Flow::Continue
            }
            (Some(404), _) => Flow::Reply(Reply::new(403).body("unknown key\n")),
            _ => Flow::Reply(Reply::new(503).body("try again\n")),
        })
    }
}

proxy_filter::http_filter!(NameUser: Request);
