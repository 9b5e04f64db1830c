//! Uses metrics, shared data, queues, attributes, filter state and ticks.
//!
//! Records each stream: its duration in a metric, the number of streams on all workers in shared data, and its
//! path in a queue, which the next tick empties into the log.

use proxy_filter::attribute;
use proxy_filter::metric::{Gauge, Histogram};
use proxy_filter::plugin::OnTick;
use proxy_filter::prelude::*;
use proxy_filter::queue::Queue;
use proxy_filter::shared_data::{self, Change};
use proxy_filter::{clock, filter_state, foreign};

pub struct RecordStreams {
    requests: Counter,
    open: Gauge,
    milliseconds: Histogram,
    /// Responses by the first digit of their status, which is 1 to 5.
    responses: [Counter; 5],
    paths: Queue,
}

#[derive(Default)]
pub struct Stream {
    began: u64,
    path: Vec<u8>,
}

const STREAMS: &[u8] = b"record_streams.streams";
const NUMBER: HeaderName = HeaderName::from_static("x-number");
const CLIENT: HeaderName = HeaderName::from_static("x-client");
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

impl Filter for RecordStreams {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        // No worker runs yet: see the hazards of shared data.
        if shared_data::get(STREAMS)?.is_none() {
            shared_data::set(STREAMS, &0_u64.to_le_bytes())?;
        }
        let responses = |class| Counter::define_labeled("record_streams.responses", &[("class", class)]);
        Ok(Self {
            requests: Counter::define("record_streams.requests")?,
            open: Gauge::define("record_streams.open")?,
            milliseconds: Histogram::define("record_streams.milliseconds")?,
            responses: [
                responses("1xx")?,
                responses("2xx")?,
                responses("3xx")?,
                responses("4xx")?,
                responses("5xx")?,
            ],
            paths: Queue::register("record_streams.paths")?,
        })
    }
}

impl HttpFilter for RecordStreams {
    type Stream = Stream;
    type Tag = NoTag;
}

impl OnRequestHeaders for RecordStreams {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        request: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        self.requests.increment(1);
        self.open.add(1);
        stream.began = clock::monotonic_nanoseconds()?;
        stream.path = attribute::REQUEST_PATH.get()?.unwrap_or_default();
        if let Some(client) = attribute::SOURCE_ADDRESS.get()? {
            request
                .set(&CLIENT, &HeaderValue::with_spaces_for_controls(client.ip().to_string().as_bytes()))?;
        }
        filter_state::set("record_streams", b"recorded")?;
        foreign::clear_route_cache()?;
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for RecordStreams {
    fn on_response_headers(&self, _: &mut Stream, response: &mut ResponseHeaders) -> Result<(), HostError> {
        let number = shared_data::update(STREAMS, |value| {
            let before = value.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
            let number = before.saturating_add(1);
            Change::Write(number.to_le_bytes().into(), number)
        });
        match number {
            Ok(number) => response.set(&NUMBER, &HeaderValue::from(number)),
            Err(reason) => {
                log::warn!("cannot count a stream: {reason}");
                Ok(())
            }
        }
    }
}

impl OnStreamEnd for RecordStreams {
    fn on_stream_end(&self, stream: &mut Stream) {
        self.open.add(-1);
        if let Ok(now) = clock::monotonic_nanoseconds() {
            let elapsed = now.saturating_sub(stream.began);
            self.milliseconds.record(elapsed.checked_div(NANOSECONDS_PER_MILLISECOND).unwrap_or_default());
        }
        let status = attribute::RESPONSE_CODE.get().ok().flatten().unwrap_or_default();
        let class = usize::try_from(status).ok().and_then(|status| status.checked_div(100)?.checked_sub(1));
        if let Some(responses) = class.and_then(|class| self.responses.get(class)) {
            responses.increment(1);
        }
        let line = [stream.path.as_slice(), b" ", status.to_string().as_bytes()].concat();
        if let Err(reason) = self.paths.push(&line) {
            log::warn!("cannot record a path: {reason}");
        }
    }
}

impl OnTick for RecordStreams {
    fn on_tick(&self) {
        while let Ok(Some(path)) = self.paths.pop() {
            log::info!("served {}", path.escape_ascii());
        }
    }
}

proxy_filter::http_filter!(RecordStreams: RequestHeaders, ResponseHeaders, StreamEnd; Tick);
