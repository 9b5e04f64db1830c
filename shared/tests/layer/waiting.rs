//! Callbacks that arrive while a request waits for a call's response. These tests make the host's callbacks
//! one by one, in orders that no test can force a proxy to use.

use std::cell::RefCell;
use std::rc::Rc;

use proxy_filter::callout::{Call, CallResponse};
use proxy_filter::entry::{HostAction, HttpStream, PluginContext, calls};
use proxy_filter::headers::RequestTrailers;
use proxy_filter::http::{Collected, OnCallResponse, OnRequestBody, OnRequestTrailers, RequestBody};
use proxy_filter::prelude::*;
use proxy_filter::sys::{BufferType, Host, StreamType, with_host};

/// Calls a service on the first part of a body, and notes what it sees.
struct Asks;

impl Filter for Asks {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

#[derive(Default)]
struct Stream {
    asked: bool,
}

impl HttpFilter for Asks {
    type Stream = Stream;
    type Tag = ();
}

impl OnRequestBody for Asks {
    fn on_request_body(&self, stream: &mut Stream, body: &mut RequestBody) -> Result<Flow<()>, HostError> {
        note(format!("body of {}, end {}", body.len(), body.end_of_stream()));
        if !std::mem::replace(&mut stream.asked, true) {
            return Ok(Flow::Call(Call::http("cluster", "a.example", "GET", "/"), ()));
        }
        Ok(match body.collect(8)? {
            Collected::TooLarge => Flow::Reply(Reply::new(413)),
            Collected::Pending | Collected::Complete(_) => Flow::Continue,
        })
    }
}

impl OnRequestTrailers for Asks {
    fn on_request_trailers(&self, _: &mut Stream, _: &mut RequestTrailers) -> Result<(), HostError> {
        note("trailers".into());
        Ok(())
    }
}

impl OnCallResponse for Asks {
    fn on_call_response(
        &self,
        _: &mut Stream,
        _: (),
        _: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        note("response".into());
        assert!(request.is_none(), "the headers were passed on before the body arrived");
        Ok(Flow::Continue)
    }
}

proxy_filter::http_filter!(Asks: RequestBody, RequestTrailers, CallResponse);

thread_local! {
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note(line: String) {
    NOTES.with_borrow_mut(|notes| notes.push(line));
}

const TOKEN: u32 = 7;

/// A host that accepts calls, and notes what the layer does with the stream.
struct Notes;

impl Host for Notes {
    fn get_buffer(&self, _: BufferType, _: usize, size: usize) -> Result<Vec<u8>, HostError> {
        Ok(vec![b'x'; size])
    }
    fn http_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> Result<u32, HostError> {
        Ok(TOKEN)
    }
    fn set_effective_context(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }
    fn continue_stream(&self, side: StreamType) -> Result<(), HostError> {
        note(format!("continue {side:?}"));
        Ok(())
    }
    fn send_local_response(
        &self,
        status: u32,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: i32,
    ) -> Result<(), HostError> {
        note(format!("reply {status}"));
        Ok(())
    }
}

/// Runs the callbacks of one stream and returns what was noted.
fn notes(callbacks: impl FnOnce(&mut HttpStream<Asks>)) -> Vec<String> {
    NOTES.take();
    with_host(Rc::new(Notes), || {
        let mut plugin = PluginContext::<Asks>::default();
        assert!(plugin.configure(0));
        callbacks(&mut plugin.http_stream(1));
    });
    NOTES.take()
}

fn respond() {
    calls::http_call_response(TOKEN, 0, 0);
}

#[test]
fn a_body_that_arrives_while_its_request_waits_is_delivered_as_a_whole() {
    let seen = notes(|stream| {
        assert_eq!(stream.request_body(3, false), HostAction::Stop);
        assert_eq!(stream.request_body(5, false), HostAction::Stop);
        assert_eq!(stream.request_body(6, true), HostAction::Stop);
        respond();
    });
    assert_eq!(seen, ["body of 3, end false", "response", "body of 6, end true", "continue Request"]);
}

#[test]
fn a_body_that_is_incomplete_when_the_response_arrives_stays_held() {
    let seen = notes(|stream| {
        assert_eq!(stream.request_body(3, false), HostAction::Stop);
        assert_eq!(stream.request_body(5, false), HostAction::Stop);
        respond();
        assert_eq!(stream.request_body(6, true), HostAction::Continue);
    });
    assert_eq!(seen, ["body of 3, end false", "response", "body of 5, end false", "body of 6, end true"]);
}

#[test]
fn trailers_wait_with_their_body() {
    let seen = notes(|stream| {
        assert_eq!(stream.request_body(3, false), HostAction::Stop);
        assert_eq!(stream.request_body(5, false), HostAction::Stop);
        assert_eq!(stream.request_trailers(), HostAction::Stop);
        respond();
    });
    let expected =
        ["body of 3, end false", "response", "body of 5, end true", "trailers", "continue Request"];
    assert_eq!(seen, expected);
}

#[test]
fn trailers_wait_for_a_call_that_their_body_makes() {
    let seen = notes(|stream| {
        assert_eq!(stream.request_body(3, true), HostAction::Stop);
        assert_eq!(stream.request_trailers(), HostAction::Stop);
        respond();
    });
    assert_eq!(seen, ["body of 3, end true", "response", "trailers", "continue Request"]);
}

#[test]
fn a_body_that_gets_too_long_while_its_request_waits_is_rejected() {
    let seen = notes(|stream| {
        assert_eq!(stream.request_body(3, false), HostAction::Stop);
        assert_eq!(stream.request_body(9, true), HostAction::Stop);
        assert_eq!(stream.request_trailers(), HostAction::Stop);
        respond();
    });
    assert_eq!(seen, ["body of 3, end false", "response", "body of 9, end true", "reply 413"]);
}

#[test]
fn a_response_after_the_end_of_the_stream_is_ignored() {
    let seen = notes(|stream| assert_eq!(stream.request_body(3, false), HostAction::Stop));
    with_host(Rc::new(Notes), respond);
    assert_eq!(seen, ["body of 3, end false"]);
    assert!(NOTES.take().is_empty());
}
