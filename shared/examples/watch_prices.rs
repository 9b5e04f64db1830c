//! Talks to a service in a gRPC stream: sends items one by one, and reads the price of each.

use proxy_filter::callout::{CallError, GrpcStream};
use proxy_filter::prelude::*;

pub struct WatchPrices;

const ITEM: HeaderName = HeaderName::from_static("x-item");
const PRICES: HeaderName = HeaderName::from_static("x-prices");
const CLIENT: HeaderName = HeaderName::from_static("x-client");

impl Filter for WatchPrices {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for WatchPrices {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequest for WatchPrices {
    async fn on_request(&self, (): &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
        let items = request.pairs()?;
        match prices(items.values(&ITEM)).await {
            Ok(prices) => {
                request.set(&PRICES, &HeaderValue::with_spaces_for_controls(&prices))?;
                Ok(Flow::Continue)
            }
            Err(reason) => {
                log::warn!("no prices: {reason}");
                Ok(Flow::Reply(Reply::new(503).body(format!("{reason}\n"))))
            }
        }
    }
}

/// Returns the prices of items, and what else the service sends, separated by spaces.
async fn prices(items: impl Iterator<Item = &[u8]>) -> Result<Vec<u8>, CallError> {
    let mut service = GrpcStream::new("prices", "example.Prices", "Watch")
        .header(&CLIENT, &HeaderValue::from_static("watch_prices"));
    let mut prices = Vec::new();
    for item in items {
        service.send(item)?;
        prices.extend(service.next().await.transpose()?);
    }
    service.finish()?;
    while let Some(rest) = service.next().await {
        prices.push(rest?);
    }
    Ok(prices.join(b" ".as_slice()))
}

proxy_filter::http_filter!(WatchPrices: Request);
