//! A filter whose calls cannot be sent.

use proxy_filter::prelude::*;
use proxy_model::{NativeHttp, Proxy, Request};

fn call() -> Flow<()> {
    Flow::Call(Call::http("nowhere", "a.example", "GET", "/"), ())
}

/// Calls again after every failure.
struct Insists;

impl Filter for Insists {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for Insists {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for Insists {
    fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow<()>, HostError> {
        Ok(call())
    }
}

impl OnCallResponse for Insists {
    fn on_call_response(
        &self,
        _: &mut (),
        _: (),
        _: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        assert!(request.is_some_and(|request| request.end_of_stream()), "the headers wait for the response");
        Ok(call())
    }
}

proxy_filter::http_filter!(Insists: RequestHeaders, CallResponse);

#[test]
fn calls_that_cannot_be_sent_do_not_loop_forever() {
    let proxy = Proxy::new(1, NativeHttp::<Insists>::default);
    let exchange = proxy.load("", "plugin").unwrap().send(0, &Request::get("/"));
    assert_eq!(exchange.response.status(), 500);
    let line = "Error: request headers: 8 calls in a row could not be sent, so the filter is assumed to loop; replying 500. \
                Check that the cluster exists, and limit retries";
    assert!(proxy.logs().contains(&line.to_owned()), "{:?}", proxy.logs());
}
