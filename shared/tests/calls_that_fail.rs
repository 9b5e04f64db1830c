//! Filters that make calls in vain.

use proxy_filter::callout::{Call, CallResponse};
use proxy_filter::http::OnCallResponse;
use proxy_filter::prelude::*;
use proxy_model::{NativeHttp, Proxy, Request};

fn call() -> Flow {
    Flow::Call(Call::http("nowhere", "a.example", "GET", "/"), ())
}

/// Asks again and again.
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
    fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> {
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
    ) -> Result<Flow, HostError> {
        assert!(request.is_some_and(|request| request.end_of_stream()), "they wait for the answer");
        Ok(call())
    }
}

proxy_filter::http_filter!(Insists: RequestHeaders, CallResponse);

/// Does not register that it wants the answer.
struct Forgets;

impl Filter for Forgets {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for Forgets {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for Forgets {
    fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> {
        Ok(call())
    }
}

proxy_filter::http_filter!(Forgets: RequestHeaders);

#[test]
fn calls_that_cannot_be_sent_do_not_go_on_for_ever() {
    let proxy = Proxy::new(1, NativeHttp::<Insists>::default);
    let exchange = proxy.load("", "plugin").unwrap().send(0, &Request::get("/"));
    assert_eq!(exchange.response.status(), 500);
    let line = "Error: request headers: 8 calls in a row could not be sent; replying 500";
    assert!(proxy.logs().contains(&line.to_owned()), "{:?}", proxy.logs());
}

#[test]
fn a_call_without_the_phase_for_its_answer_is_refused() {
    let proxy = Proxy::new(1, NativeHttp::<Forgets>::default);
    let exchange = proxy.load("", "plugin").unwrap().send(0, &Request::get("/"));
    assert_eq!(exchange.response.status(), 500);
    assert!(
        proxy.logs().iter().any(|line| line.contains("does not register `CallResponse`")),
        "{:?}",
        proxy.logs()
    );
}
