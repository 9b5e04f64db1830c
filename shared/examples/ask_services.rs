//! Calls other services, as `call_services` does, but awaits the responses: authenticates a user, then charges a quota.
//!
//! For requests that name an item, it then asks for the item's price and stock at once.

use std::time::Duration;

use proxy_filter::callout::{CallError, join};
use proxy_filter::prelude::*;

pub struct AskServices;

/// What the end of the stream needs to know.
#[derive(Default)]
pub struct Stream {
    /// The services that have not responded.
    asked: &'static str,
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const USER: HeaderName = HeaderName::from_static("x-user");
const COST: HeaderName = HeaderName::from_static("x-cost");
const ITEM: HeaderName = HeaderName::from_static("x-item");
const PRICE: HeaderName = HeaderName::from_static("x-price");
const STOCK: HeaderName = HeaderName::from_static("x-stock");

/// gRPC's `RESOURCE_EXHAUSTED`.
const EXHAUSTED: u32 = 8;

const TIMEOUT: Duration = Duration::from_millis(500);

impl Filter for AskServices {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for AskServices {
    type Stream = Stream;
    type Tag = NoTag;
}

impl OnRequest for AskServices {
    async fn on_request(&self, stream: &mut Stream, request: &mut RequestHeaders) -> Result<Flow, HostError> {
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
        stream.asked = "auth";
        let auth = Call::http("auth", "auth.example", "GET", "/user")
            .header(&AUTHORIZATION, &authorization)
            .timeout(TIMEOUT)
            .await;
        match auth.status() {
            Some(200) => {}
            Some(_) => return Ok(Flow::Reply(Reply::new(403).body("forbidden\n"))),
            None => return Ok(try_again(&auth)),
        }
        let Ok(user) = HeaderValue::new(auth.body()) else {
            return Ok(Flow::Reply(Reply::new(502).body("auth returned no user name\n")));
        };
        request.set(&USER, &user)?;

        if let Some(cost) = request.get(&COST)? {
            stream.asked = "quota";
            match Call::grpc("quota", "example.Quota", "Spend", cost).timeout(TIMEOUT).await {
                CallResponse::Grpc(_) => {}
                CallResponse::Failed(CallError::Grpc(EXHAUSTED)) => {
                    let reply = Reply::new(429).grpc_status(EXHAUSTED).details("quota_spent");
                    return Ok(Flow::Reply(reply));
                }
                failed => return Ok(try_again(&failed)),
            }
        }

        if let Some(item) = request.get(&ITEM)? {
            stream.asked = "prices and stock";
            let price =
                Call::http("prices", "prices.example", "POST", "/").body(item.clone()).timeout(TIMEOUT);
            let stock = Call::grpc("stock", "example.Stock", "Count", item).timeout(TIMEOUT);
            let [price, stock] = join([price, stock]).await;
            if price.status() != Some(200) {
                return Ok(try_again(&price));
            }
            request.set(&PRICE, &HeaderValue::with_spaces_for_controls(price.body()))?;
            // The stock is good to know, no more.
            request.set(&STOCK, &HeaderValue::with_spaces_for_controls(stock.body()))?;
        }
        stream.asked = "";
        Ok(Flow::Continue)
    }
}

fn try_again(response: &CallResponse) -> Flow {
    log::warn!("a service failed: {response:?}");
    Flow::Reply(Reply::new(503).body("try again\n"))
}

impl OnStreamEnd for AskServices {
    fn on_stream_end(&self, stream: &mut Stream) {
        if !stream.asked.is_empty() {
            log::info!("ended after asking {}", stream.asked);
        }
    }
}

proxy_filter::http_filter!(AskServices: Request, StreamEnd);
