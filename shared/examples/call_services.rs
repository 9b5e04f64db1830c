//! Calls other services: authenticates a user, then charges a quota.
//!
//! The HTTP service `auth` returns the user of each request. For requests with a cost, the gRPC service `quota` then
//! decides whether the user may spend it. The tag tells which service responded.

use std::time::Duration;

use proxy_filter::prelude::*;

pub struct CallServices;

/// The service that was called.
pub enum Callee {
    Auth,
    Quota,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");
const COST: HeaderName = HeaderName::from_static("x-cost");

/// gRPC's `RESOURCE_EXHAUSTED`.
const EXHAUSTED: u32 = 8;

const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for CallServices {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for CallServices {
    type Stream = ();
    type Tag = Callee;
}

impl OnRequestHeaders for CallServices {
    fn on_request_headers(
        &self,
        _: &mut (),
        request: &mut RequestHeaders,
    ) -> Result<Flow<Callee>, HostError> {
        // Clients must not set their own user name.
        request.remove(&USER)?;
        let Some(authorization) = request.get(&AUTHORIZATION)? else {
            return Ok(Flow::Reply(
                Reply::new(401).body("authorization is missing\n").details("no_authorization"),
            ));
        };
        let Ok(authorization) = HeaderValue::new(authorization) else {
            return Ok(Flow::Reply(Reply::new(400)));
        };
        let call = Call::http("auth", "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(TIMEOUT);
        Ok(Flow::Call(call, Callee::Auth))
    }
}

impl OnCallResponse for CallServices {
    fn on_call_response(
        &self,
        _: &mut (),
        callee: Callee,
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<Callee>, HostError> {
        Ok(match (callee, response, request) {
            (Callee::Auth, CallResponse::Http(headers, user), Some(request))
                if headers.status() == Some(200) =>
            {
                let Ok(user) = HeaderValue::new(user) else {
                    return Ok(Flow::Reply(Reply::new(502).body("auth returned no user name\n")));
                };
                request.set(&USER, &user)?;
                match request.get(&COST)? {
                    None => Flow::Continue,
                    Some(cost) => {
                        let call = Call::grpc("quota", "example.Quota", "Spend", cost).timeout(TIMEOUT);
                        Flow::Call(call, Callee::Quota)
                    }
                }
            }
            (Callee::Auth, CallResponse::Http(..), _) => Flow::Reply(Reply::new(403).body("forbidden\n")),
            (Callee::Quota, CallResponse::Grpc(_), _) => Flow::Continue,
            (Callee::Quota, CallResponse::Failed(reason), _) if reason.grpc_status() == Some(EXHAUSTED) => {
                Flow::Reply(Reply::new(429).grpc_status(EXHAUSTED).details("quota_spent"))
            }
            (_, response, _) => {
                log::warn!("a service failed: {response:?}");
                Flow::Reply(Reply::new(503).body("try again\n"))
            }
        })
    }
}

proxy_filter::http_filter!(CallServices: RequestHeaders, CallResponse);
