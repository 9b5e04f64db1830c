//! Calls to other services: who is this, and may they?
//!
//! Each request is shown to the HTTP service `auth`, which names the user; where a quota is asked for,
//! the gRPC service `quota` decides whether the user may go on. The tag says which answer it is.

use std::time::Duration;

use proxy_filter::callout::{Call, CallResponse};
use proxy_filter::http::OnCallResponse;
use proxy_filter::prelude::*;

pub struct AskServices;

/// Which service was asked.
pub enum Asked {
    Auth,
    Quota,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");
const COST: HeaderName = HeaderName::from_static("x-cost");

/// gRPC's `RESOURCE_EXHAUSTED`.
const EXHAUSTED: u32 = 8;

const PATIENCE: Duration = Duration::from_millis(500);

impl Filter for AskServices {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for AskServices {
    type Stream = ();
    type Tag = Asked;
}

impl OnRequestHeaders for AskServices {
    fn on_request_headers(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow<Asked>, HostError> {
        // Nobody names themselves.
        request.remove(&USER)?;
        let Some(authorization) = request.get(&AUTHORIZATION)? else {
            return Ok(Flow::Reply(Reply::new(401).body("who are you?\n").details("no_authorization")));
        };
        let Ok(authorization) = HeaderValue::new(authorization) else {
            return Ok(Flow::Reply(Reply::new(400)));
        };
        let call = Call::http("auth", "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(PATIENCE);
        Ok(Flow::Call(call, Asked::Auth))
    }
}

impl OnCallResponse for AskServices {
    fn on_call_response(
        &self,
        _: &mut (),
        asked: Asked,
        answer: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<Asked>, HostError> {
        Ok(match (asked, answer, request) {
            (Asked::Auth, CallResponse::Http(headers, user), Some(request))
                if headers.status() == Some(200) =>
            {
                let Ok(user) = HeaderValue::new(user) else {
                    return Ok(Flow::Reply(Reply::new(502).body("auth gave no name\n")));
                };
                request.set(&USER, &user)?;
                match request.get(&COST)? {
                    None => Flow::Continue,
                    Some(cost) => {
                        let call = Call::grpc("quota", "example.Quota", "Spend", cost).timeout(PATIENCE);
                        Flow::Call(call, Asked::Quota)
                    }
                }
            }
            (Asked::Auth, CallResponse::Http(..), _) => Flow::Reply(Reply::new(403).body("go away\n")),
            (Asked::Quota, CallResponse::Grpc(_), _) => Flow::Continue,
            (Asked::Quota, CallResponse::Failed(reason), _) if reason.grpc_status() == Some(EXHAUSTED) => {
                Flow::Reply(Reply::new(429).grpc_status(EXHAUSTED).details("quota_spent"))
            }
            (_, answer, _) => {
                log::warn!("a service is of no help: {answer:?}");
                Flow::Reply(Reply::new(503).body("try again\n"))
            }
        })
    }
}

proxy_filter::http_filter!(AskServices: RequestHeaders, CallResponse);
