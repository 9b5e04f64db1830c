//! Takes orders that are in stock. Asks two services about each, then reads the order from the body.

use std::ops::RangeInclusive;
use std::time::Duration;

use proxy_filter::callout::join;
use proxy_filter::config;
use proxy_filter::prelude::*;
use serde::Deserialize;

// ANCHOR: fields
/// The configuration, as users write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// How many an order must ask for.
    least: u32,
    /// How many an order may ask for.
    most: u32,
}

impl Config {
    fn counts(&self) -> Result<RangeInclusive<u32>, ConfigError> {
        if self.most < self.least {
            let wrong = format!("{} is less than `least`, which is {}", self.most, self.least);
            return Err(ConfigError::new(wrong).in_field("most"));
        }
        Ok(self.least..=self.most)
    }
}
// ANCHOR_END: fields

/// The filter: its configuration, compiled.
pub struct TakeOrders {
    counts: RangeInclusive<u32>,
    refused: Refused,
}

// ANCHOR: labels
/// Counts refused orders by reason.
struct Refused {
    account: Counter,
    stock: Counter,
}

impl Refused {
    fn define() -> Result<Self, HostError> {
        let counter = |reason| Counter::define_labeled("take_orders.refused", &[("reason", reason)]);
        Ok(Self { account: counter("account")?, stock: counter("stock")? })
    }
}
// ANCHOR_END: labels

/// How long an order waits for the services.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The longest order, in bytes.
const LONGEST: usize = 1024;

impl Filter for TakeOrders {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let config: Config = config::from_json(configuration)?;
        Ok(Self { counts: config.counts()?, refused: Refused::define()? })
    }
}

// ANCHOR: stream
/// What the body phase needs of the responses.
#[derive(Default)]
pub struct Stream {
    /// How many are in stock. None until the service says so.
    left: u32,
}
// ANCHOR_END: stream

impl HttpFilter for TakeOrders {
    type Stream = Stream;
    type Tag = NoTag;
}

impl OnRequest for TakeOrders {
    async fn on_request(&self, stream: &mut Stream, request: &mut RequestHeaders) -> Result<Flow, HostError> {
        // ANCHOR: no_body
        if request.end_of_stream() {
            return Ok(Flow::Reply(Reply::new(400).body("the order is missing\n")));
        }
        // ANCHOR_END: no_body
        // ANCHOR: join
        let account = Call::http("accounts", "accounts.example", "GET", "/account").timeout(TIMEOUT);
        let stock = Call::http("stock", "stock.example", "GET", "/stock").timeout(TIMEOUT);
        let [account, stock] = join([account, stock]).await;
        // ANCHOR_END: join
        match account.status() {
            Some(200) => {}
            None | Some(500..) => return Ok(try_again()),
            Some(_) => {
                self.refused.account.increment(1);
                return Ok(Flow::Reply(Reply::new(403)));
            }
        }
        // ANCHOR: log
        stream.left = match left(&stock) {
            Ok(left) => left,
            Err(reason) => {
                log::warn!("the stock is unknown: {reason}");
                return Ok(try_again());
            }
        };
        // ANCHOR_END: log
        Ok(Flow::Continue)
    }
}

fn try_again() -> Flow {
    Flow::Reply(Reply::new(503).body("try again\n"))
}

// ANCHOR: response
/// What the stock's service responds.
#[derive(Deserialize)]
struct Stock {
    left: u32,
}

/// Returns how many are in stock, or why that is unknown.
fn left(response: &CallResponse) -> Result<u32, String> {
    match response.status() {
        Some(200) => {
            let stock: Result<Stock, _> = serde_json::from_slice(response.body());
            stock.map(|stock| stock.left).map_err(|error| error.to_string())
        }
        Some(status) => Err(format!("status {status}")),
        None => Err("no response".into()),
    }
}
// ANCHOR_END: response

// ANCHOR: json
/// The body of a request.
#[derive(Deserialize)]
struct Order {
    count: u32,
}

impl OnRequestBody for TakeOrders {
    fn on_request_body(&self, stream: &mut Stream, body: &mut RequestBody) -> Result<Flow, HostError> {
        let refused = |status, reason: String| Flow::Reply(Reply::new(status).body(reason));
        Ok(match body.collect_json::<Order>(LONGEST)? {
            CollectedJson::Pending => Flow::Continue,
            CollectedJson::Complete(Order { count }) if !self.counts.contains(&count) => {
                refused(422, format!("{count} is too few or too many\n"))
            }
            CollectedJson::Complete(Order { count }) if count > stream.left => self.sold_out(stream.left),
            CollectedJson::Complete(_) => Flow::Continue,
            CollectedJson::TooLarge => refused(413, "the order is too long\n".into()),
            CollectedJson::Invalid(reason) => refused(400, format!("{reason}\n")),
        })
    }
}
// ANCHOR_END: json

// ANCHOR: reply
const LEFT: HeaderName = HeaderName::from_static("x-left");
const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");

impl TakeOrders {
    /// Refuses an order for more than are left, and counts it.
    fn sold_out(&self, left: u32) -> Flow {
        self.refused.stock.increment(1);
        let reply = Reply::new(409).header(LEFT, HeaderValue::from(u64::from(left)));
        Flow::Reply(reply.header(RETRY_AFTER, HeaderValue::from_static("3600")).body("sold out\n"))
    }
}
// ANCHOR_END: reply

proxy_filter::http_filter!(TakeOrders: Request, RequestBody);
