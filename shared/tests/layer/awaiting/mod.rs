//! A future of a request, with callbacks in orders that no test can force a proxy to use, and futures that misbehave.

use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::rc::Rc;

use proxy_filter::callout::{CallError, GrpcStream, join, join_all};
use proxy_filter::entry::{HostAction, HttpStream, PluginContext, calls};
use proxy_filter::prelude::*;
use proxy_filter::sys::{BufferType, Host, StreamType, with_host};

/// What the filter does with each request.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    OneCall,
    ThenFlowCall,
    TwoCalls,
    Nested,
    ManyCalls,
    WaitsForNothing,
    WaitsForMore,
    Loops,
    LoopsOverStreams,
    KeepsStream,
    Fails,
}

struct Awaits;

#[derive(Default)]
struct Stream {
    notes: Vec<&'static str>,
    kept: Option<GrpcStream>,
}

thread_local! {
    static CASE: Cell<Case> = const { Cell::new(Case::OneCall) };
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static TOKENS: Cell<u32> = const { Cell::new(0) };
}

fn note(line: impl Into<String>) {
    NOTES.with_borrow_mut(|notes| notes.push(line.into()));
}

fn call() -> Call {
    Call::http("cluster", "a.example", "GET", "/")
}

impl Filter for Awaits {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for Awaits {
    type Stream = Stream;
    type Tag = ();
}

impl OnRequest for Awaits {
    async fn on_request(
        &self,
        stream: &mut Stream,
        request: &mut RequestHeaders,
    ) -> Result<Flow<()>, HostError> {
        stream.notes.push("asked");
        match CASE.get() {
            Case::OneCall => _ = call().await,
            Case::ThenFlowCall => {
                ready(()).await;
                return Ok(Flow::Call(call(), ()));
            }
            Case::TwoCalls | Case::Nested => {
                let responses = join([call(), call()]).await;
                note(format!("{responses:?}"));
            }
            Case::ManyCalls => {
                assert_eq!(join_all((0..9).map(|_| call()).collect()).await.len(), 9);
                assert!(join_all(Vec::new()).await.is_empty());
            }
            Case::WaitsForNothing => pending().await,
            Case::WaitsForMore => {
                call().await;
                pending().await
            }
            Case::Loops => while matches!(call().await, CallResponse::Failed(CallError::NotSent(_))) {},
            Case::LoopsOverStreams => {
                while GrpcStream::open("cluster", "Service", "Method").next().await.is_some() {}
            }
            Case::KeepsStream => {
                let mut kept = GrpcStream::open("cluster", "Service", "Method");
                assert_eq!(kept.send(b"hello", false), Ok(()));
                stream.kept = Some(kept);
                return Ok(Flow::Call(call(), ()));
            }
            Case::Fails => return Err(HostError::Empty),
        }
        assert!(!request.end_of_stream());
        stream.notes.push("answered");
        Ok(Flow::Continue)
    }
}

impl OnRequestBody for Awaits {
    fn on_request_body(&self, _: &mut Stream, body: &mut RequestBody) -> Result<Flow<()>, HostError> {
        note(format!("body of {}, end {}", body.len(), body.end_of_stream()));
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for Awaits {
    fn on_request_trailers(&self, _: &mut Stream, _: &mut RequestTrailers) -> Result<(), HostError> {
        note("trailers");
        Ok(())
    }
}

impl OnCallResponse for Awaits {
    fn on_call_response(
        &self,
        _: &mut Stream,
        (): (),
        _: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<()>, HostError> {
        note(format!("response, headers {}", request.is_some()));
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for Awaits {
    fn on_response_headers(&self, stream: &mut Stream, _: &mut ResponseHeaders) -> Result<(), HostError> {
        note(format!("reply of another filter: {:?}", stream.notes));
        Ok(())
    }
}

impl OnStreamEnd for Awaits {
    fn on_stream_end(&self, stream: &mut Stream) {
        note(format!("end: {:?}", stream.notes));
    }
}

proxy_filter::http_filter!(
    Awaits: Request, RequestBody, RequestTrailers, CallResponse, ResponseHeaders, StreamEnd
);

/// A host that accepts calls, and notes what the layer does with the stream.
struct Notes;

impl Host for Notes {
    fn get_buffer(&self, _: BufferType, _: usize, size: usize) -> Result<Vec<u8>, HostError> {
        Ok(vec![b'x'; size])
    }
    fn http_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> Result<u32, HostError> {
        match CASE.get() {
            Case::Loops => Err(HostError::BadArgument),
            // A host that responds to the first call while it takes the second.
            Case::Nested if TOKENS.get() == 1 => {
                respond(0);
                Ok(TOKENS.replace(2))
            }
            _ => Ok(TOKENS.replace(TOKENS.get().wrapping_add(1))),
        }
    }
    fn grpc_stream(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<u32, HostError> {
        match CASE.get() {
            Case::LoopsOverStreams => Err(HostError::InternalFailure),
            _ => Ok(TOKENS.replace(TOKENS.get().wrapping_add(1))),
        }
    }
    fn grpc_send(&self, token: u32, message: &[u8], _: u32) -> Result<(), HostError> {
        note(format!("send {} on {token}", message.escape_ascii()));
        Ok(())
    }
    fn grpc_cancel(&self, token: u32) -> Result<(), HostError> {
        note(format!("cancel {token}"));
        Ok(())
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
        details: &[u8],
        _: &[u8],
        _: &[u8],
        _: i32,
    ) -> Result<(), HostError> {
        note(format!("reply {status} {}", details.escape_ascii()));
        Ok(())
    }
}

/// Runs the callbacks of one stream, whose headers have arrived, and returns what was noted. No call may wait after it.
fn notes(case: Case, callbacks: impl FnOnce(HttpStream<Awaits>, HostAction)) -> Vec<String> {
    NOTES.take();
    TOKENS.set(0);
    CASE.set(case);
    with_host(Rc::new(Notes), || {
        let mut plugin = PluginContext::<Awaits>::default();
        assert!(plugin.configure(0));
        let mut stream = plugin.http_stream(1);
        let action = stream.request_headers(false);
        callbacks(stream, action);
        assert_eq!(calls::waiting(), 0);
    });
    NOTES.take()
}

fn respond(token: u32) {
    calls::http_call_response(token, 0, 0);
}

#[test]
fn a_body_and_trailers_wait_for_the_response() {
    let seen = notes(Case::OneCall, |mut stream, action| {
        assert_eq!(action, HostAction::Stop);
        assert_eq!(stream.request_body(3, false), HostAction::Stop);
        assert_eq!(stream.request_body(5, false), HostAction::Stop);
        assert_eq!(stream.request_trailers(), HostAction::Stop);
        respond(0);
        stream.end();
    });
    let expected = ["body of 5, end true", "trailers", "continue Request", r#"end: ["asked", "answered"]"#];
    assert_eq!(seen, expected);
}

#[test]
fn a_client_that_leaves_ends_the_future() {
    let seen = notes(Case::TwoCalls, |mut stream, action| {
        assert_eq!(action, HostAction::Stop);
        assert_eq!(calls::waiting(), 2);
        stream.end();
        assert_eq!(calls::waiting(), 0);
        respond(0);
    });
    assert_eq!(seen, [r#"end: ["asked"]"#]);
}

#[test]
fn a_stream_that_is_deleted_ends_the_future() {
    let seen = notes(Case::TwoCalls, |stream, _| drop(stream));
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn a_reply_of_another_filter_ends_the_future() {
    let seen = notes(Case::OneCall, |mut stream, _| {
        stream.response_headers(true);
        respond(0);
    });
    assert_eq!(seen, [r#"reply of another filter: ["asked"]"#]);
}

#[test]
fn responses_come_in_the_order_of_the_calls() {
    let seen = notes(Case::TwoCalls, |_stream, _| {
        respond(1);
        respond(1);
        assert_eq!(calls::waiting(), 1);
        respond(0);
    });
    assert_eq!(seen, ["[Failed(NoResponse), Failed(NoResponse)]", "continue Request"]);
}

#[test]
fn a_response_may_arrive_while_the_future_runs() {
    let seen = notes(Case::Nested, |_stream, action| {
        assert_eq!(action, HostAction::Stop);
        assert_eq!(calls::waiting(), 1);
        respond(1);
    });
    assert_eq!(seen, ["[Failed(NoResponse), Failed(NoResponse)]", "continue Request"]);
}

#[test]
fn any_number_of_calls() {
    let seen = notes(Case::ManyCalls, |_stream, _| (0..9).rev().for_each(respond));
    assert_eq!(seen, ["continue Request"]);
}

#[test]
fn a_future_can_return_a_call() {
    let seen = notes(Case::ThenFlowCall, |mut stream, action| {
        assert_eq!(action, HostAction::Stop);
        assert_eq!(stream.request_body(3, true), HostAction::Stop);
        respond(0);
    });
    assert_eq!(seen, ["response, headers true", "body of 3, end true", "continue Request"]);
}

#[test]
fn a_future_that_waits_for_nothing_gets_a_reply() {
    let reply = "reply 500 proxy_filter_waits_for_nothing";
    assert_eq!(notes(Case::WaitsForNothing, |_, action| assert_eq!(action, HostAction::Stop)), [reply]);
    assert_eq!(notes(Case::WaitsForMore, |_stream, _| respond(0)), [reply]);
}

#[test]
fn a_future_that_repeats_unsent_calls_gets_a_reply() {
    for case in [Case::Loops, Case::LoopsOverStreams] {
        assert_eq!(notes(case, |_, _| {}), ["reply 500 proxy_filter_waits_for_nothing"]);
    }
}

#[test]
fn a_grpc_stream_that_the_filter_keeps_disturbs_nothing() {
    let seen = notes(Case::KeepsStream, |stream, action| {
        assert_eq!(action, HostAction::Stop);
        calls::grpc_receive(0, 3);
        respond(1);
        calls::grpc_receive(0, 3);
        drop(stream);
    });
    assert_eq!(seen, ["send hello on 0", "response, headers true", "continue Request", "cancel 0"]);
}

#[test]
fn a_future_that_fails_gets_a_reply() {
    assert_eq!(notes(Case::Fails, |_, _| {}), ["reply 500 proxy_filter_host_error"]);
}

#[test]
fn a_call_that_is_awaited_elsewhere_is_not_sent() {
    let mut future = Box::pin(call().into_future());
    let polled = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let expected = CallResponse::Failed(CallError::NotSent(HostError::BadArgument));
    assert_eq!(polled, std::task::Poll::Ready(expected));
}
