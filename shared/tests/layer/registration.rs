//! A filter registers itself among names that its module has taken.
#![allow(dead_code, reason = "the names stand in the macro's way, and do nothing else")]

use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::flow::{Flow, NoTag};
use proxy_filter::headers::RequestHeaders;
use proxy_filter::http::{HttpFilter, OnRequestHeaders};
use proxy_filter::plugin::OnTick;
use proxy_model::{NativeHttp, Proxy, Request};

type Result<T> = std::result::Result<T, HostError>;
struct Option;
struct Filter;
struct HttpEntry;
fn is_registered() {}

struct Implements;

impl proxy_filter::Filter for Implements {
    fn configure(_: &[u8]) -> std::result::Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for Implements {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequestHeaders for Implements {
    fn on_request_headers(&self, (): &mut (), _: &mut RequestHeaders) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}

impl OnTick for Implements {
    fn on_tick(&self) {}
}

proxy_filter::http_filter!(Implements: RequestHeaders; Tick);

#[test]
fn a_filter_may_have_any_name() {
    let proxy = Proxy::new(1, NativeHttp::<Implements>::default);
    assert_eq!(proxy.load("", "plugin").unwrap().send(0, &Request::get("/")).response.status(), 200);
}
