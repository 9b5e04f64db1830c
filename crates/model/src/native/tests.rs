//! A filter of each kind, through the layer's entry code and the model. Miri runs these too: the seam between the two keeps
//! hosts and VMs for each thread.

use std::time::Duration;

use proxy_filter::prelude::*;
use proxy_filter::shared_data::{self, Change};

use super::*;
use crate::{Proxy, Request};

const KEY: &[u8] = b"requests";
const COUNT: HeaderName = HeaderName::from_static("x-count");

struct Count {
    requests: Counter,
}

impl Filter for Count {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        if configuration == b"wrong" {
            return Err(ConfigError::new("wrong"));
        }
        Ok(Self { requests: Counter::define("requests")? })
    }
}

impl HttpFilter for Count {
    type Stream = u8;
    type Tag = NoTag;
}

impl OnRequestHeaders for Count {
    fn on_request_headers(&self, stream: &mut u8, headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        assert!(headers.path()?.as_deref() != Some(b"/panic"), "asked for");
        let before = shared_data::update(KEY, |value| {
            let count = value.and_then(|bytes| bytes.first().copied()).unwrap_or_default();
            Change::Write(vec![count + 1], count)
        });
        *stream = before.unwrap_or_default();
        self.requests.increment(1);
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for Count {
    fn on_response_headers(&self, stream: &mut u8, headers: &mut ResponseHeaders) -> Result<(), HostError> {
        HeaderValue::new(stream.to_string()).map_or(Ok(()), |value| headers.append(&COUNT, &value))
    }
}

proxy_filter::http_filter!(Count: RequestHeaders, ResponseHeaders);

#[test]
fn workers_share_data_and_survive_a_trap_of_one() {
    let proxy = Proxy::new(2, NativeHttp::<Count>::default);
    assert!(proxy.load("wrong", "plugin").is_err());
    let plugin = proxy.load("", "plugin").unwrap();
    for (number, worker) in [0, 1, 0].into_iter().enumerate() {
        let exchange = plugin.send(worker, &Request::get("/"));
        assert_eq!(exchange.response.headers.values("x-count"), [number.to_string()]);
    }
    plugin.send(1, &Request::get("/panic"));
    assert_eq!(plugin.send(0, &Request::get("/")).response.headers.values("x-count"), ["3"]);
    // A worker adds its counts to the metric with its tick. Those of the VM that trapped are lost.
    proxy.advance(Duration::from_secs(10));
    assert_eq!(proxy.metrics()["requests"], 3);
}

struct Repeat;

impl Filter for Repeat {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl TcpFilter for Repeat {
    type Connection = ();
}

impl OnDownstreamData for Repeat {
    fn on_downstream_data(&self, (): &mut (), chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        let bytes = chunk.bytes()?;
        chunk.append(&bytes)?;
        Ok(TcpFlow::Continue)
    }
}

proxy_filter::tcp_filter!(Repeat: DownstreamData);

#[test]
fn chunks_are_changed() {
    let proxy = Proxy::new(1, NativeTcp::<Repeat>::default);
    let plugin = proxy.load("", "plugin").unwrap();
    let exchange = plugin.send_tcp(0, &[b"ab", b"c"], &[b"d"]);
    assert_eq!(exchange.upstream, b"ababcc");
}
