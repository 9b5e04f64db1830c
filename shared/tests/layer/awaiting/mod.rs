//! A future of a request, whose callbacks the tests make one by one.

mod host;
mod misbehaving;
mod orders;

use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::rc::Rc;

use proxy_filter::callout::{CallError, GrpcStream, join, join_all};
use proxy_filter::entry::{HostAction, HttpStream, PluginContext, calls};
use proxy_filter::prelude::*;
use proxy_filter::sys::with_host;

use host::Notes;

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
    LoopsBesideStream,
    EndedStream,
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

fn grpc_stream() -> GrpcStream {
    GrpcStream::new("cluster", "Service", "Method")
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
            Case::LoopsOverStreams => while grpc_stream().next().await.is_some() {},
            Case::LoopsBesideStream => {
                assert_eq!(grpc_stream().send(b"unheard"), Ok(()));
                let mut outstanding = grpc_stream();
                assert_eq!(outstanding.send(b"hello"), Ok(()));
                while matches!(call().await, CallResponse::Failed(CallError::NotSent(_))) {}
            }
            Case::EndedStream => {
                let mut ended = grpc_stream();
                assert_eq!(ended.send_last(b"hello"), Ok(()));
                assert_eq!(ended.send(b"more"), Err(CallError::Ended));
                assert_eq!(ended.finish(), Err(CallError::Ended));
                while let Some(message) = ended.next().await {
                    note(format!("{message:?}"));
                }
            }
            Case::KeepsStream => {
                let mut kept = grpc_stream();
                assert_eq!(kept.send(b"hello"), Ok(()));
                stream.kept = Some(kept);
                return Ok(Flow::Call(call(), ()));
            }
            Case::Fails => return Err(HostError::Empty),
        }
        assert!(!request.end_of_stream());
        stream.notes.push("continued");
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
