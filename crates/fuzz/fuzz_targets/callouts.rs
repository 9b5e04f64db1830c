//! A filter that awaits calls gets what the services answer, byte by byte, and nothing else.
//!
//! The filter calls several services, one after the other or at once, over HTTP and gRPC, and keeps what it gets. A service answers
//! with any headers and bytes, fails, is silent until the call times out, or does not exist. The client may leave before. Callbacks
//! come that no call waits for. Only HTTP calls, which the ABI cannot cancel, wait on after the client has left, and a silent service
//! delays a request by its timeout.
#![no_main]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use arbitrary::Arbitrary;
use fuzz::script::{Script, Scripted, Stray};
use libfuzzer_sys::fuzz_target;
use proxy_filter::callout::{CallError, join};
use proxy_filter::prelude::*;
use proxy_model::{NativeHttp, Proxy, Request, Responder, Response, Service};

const CLUSTERS: [&str; 4] = ["a", "b", "c", "d"];

const TIMEOUT: Duration = Duration::from_millis(100);

/// The number of calls that cannot be sent after which the layer assumes that the filter loops, and replies 500.
const MOST_UNSENT: usize = 256;

const NAMES: [&str; 6] = [":status", "x-a", "x-b", "content-type", "", "x y"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    services: [Answer<'a>; 4],
    calls: Vec<(u8, bool)>,
    /// Whether the calls are made at once.
    is_joined: bool,
    leaves: bool,
    /// Callbacks that no call waits for, with tokens that no call has.
    strays: Vec<Option<Stray>>,
}

#[derive(Arbitrary, Debug)]
enum Answer<'a> {
    Http(u16, Vec<(u8, &'a [u8])>, &'a str),
    Message(&'a [u8]),
    Status(u8),
    Silent,
    Down,
    Absent,
}

thread_local! {
    static CALLS: RefCell<(Vec<(usize, bool)>, bool)> = RefCell::default();
    static GOT: RefCell<Vec<CallResponse>> = RefCell::default();
}

struct Caller;

impl Filter for Caller {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for Caller {
    type Stream = ();
    type Tag = NoTag;
}

impl OnRequest for Caller {
    async fn on_request(&self, (): &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> {
        let (calls, is_joined) = CALLS.with_borrow(Clone::clone);
        let call = |(cluster, is_grpc): (usize, bool)| {
            let call = match is_grpc {
                true => Call::grpc(CLUSTERS[cluster], "example.Service", "Method", b"message".to_vec()),
                false => Call::http(CLUSTERS[cluster], "a.example", "GET", "/"),
            };
            call.timeout(TIMEOUT)
        };
        if is_joined && let [one, two, ..] = *calls {
            let responses = join([call(one), call(two)]).await;
            GOT.with_borrow_mut(|got| got.extend(responses));
            return Ok(Flow::Continue);
        }
        for each in calls {
            let response = call(each).await;
            GOT.with_borrow_mut(|got| got.push(response));
        }
        Ok(Flow::Continue)
    }
}

proxy_filter::http_filter!(Caller: Request);

impl Answer<'_> {
    fn service(&self) -> Option<Service> {
        Some(match self {
            Self::Http(status, headers, body) => {
                let mut response = Response::new(*status).body(&[body]);
                for (number, value) in headers {
                    response.headers.append(NAMES[usize::from(*number) % NAMES.len()], value);
                }
                Service::Http(response)
            }
            Self::Message(message) => Service::Grpc(message.to_vec()),
            Self::Status(status) => Service::GrpcStatus((*status).into()),
            Self::Silent => Service::Silent,
            Self::Down => Service::Down,
            Self::Absent => return None,
        })
    }

    /// Returns whether a filter may get this of a call.
    fn allows(&self, is_grpc: bool, got: &CallResponse) -> bool {
        match (self, is_grpc) {
            (Self::Http(..), false) => {
                let Some(Service::Http(sent)) = self.service() else { return false };
                let CallResponse::Http(headers, body) = got else { return false };
                headers.iter().eq(sent.headers.iter()) && *body == sent.body.concat()
            }
            (Self::Message(message), true) => got == &CallResponse::Grpc(message.to_vec()),
            // A call that ends without an error and without a message.
            (Self::Status(0), true) => {
                matches!(got, CallResponse::Grpc(message) if message.is_empty()) || is_failure(got)
            }
            (Self::Status(status), true) => got == &CallResponse::Failed(CallError::Grpc((*status).into())),
            (Self::Silent, true) => got == &CallResponse::Failed(CallError::Grpc(4)),
            (Self::Silent, false) => got.status() == Some(504),
            (Self::Absent, _) => is_failure(got),
            // A service that is down, or of the other protocol.
            (_, true) => got == &CallResponse::Failed(CallError::Grpc(14)),
            (_, false) => got.status() == Some(503),
        }
    }
}

fn is_failure(response: &CallResponse) -> bool {
    matches!(response, CallResponse::Failed(_))
}

fuzz_target!(|input: Input<'_>| {
    let calls: Vec<_> =
        input.calls.iter().map(|(cluster, is_grpc)| (usize::from(cluster % 4), *is_grpc)).collect();
    CALLS.set((calls.clone(), input.is_joined));
    let script = Rc::new(Script::default());
    let proxy = Proxy::new(1, || Scripted::new(NativeHttp::<Caller>::default(), Rc::clone(&script)));
    for (cluster, answer) in CLUSTERS.iter().zip(&input.services) {
        answer.service().into_iter().for_each(|service| proxy.service(cluster, service));
    }
    let plugin = proxy.load("", "plugin").expect("the filter accepts everything");
    let strays = input.strays.iter().map(|stray| stray.as_ref().map(Stray::with_unknown_token));
    script.strays.replace(strays.collect());
    let start = proxy.now();
    let request = Request::get("/");
    let exchange = if input.leaves { plugin.send_and_leave(0, &request) } else { plugin.send(0, &request) };
    let got = GOT.take();
    let is_joined = input.is_joined && calls.len() >= 2;
    let calls = if is_joined { &calls[..2] } else { &calls };
    for ((cluster, is_grpc), response) in calls.iter().zip(&got) {
        let answer = &input.services[*cluster];
        assert!(answer.allows(*is_grpc, response), "{response:?} of {answer:?}");
    }
    let is_absent = |call: &(usize, bool)| matches!(input.services[call.0], Answer::Absent);
    let absent = calls.iter().enumerate().filter(|(_, call)| is_absent(call));
    let looping = absent.map(|(place, _)| place).nth(MOST_UNSENT);
    let calls = &calls[..looping.unwrap_or(calls.len())];
    let is_silent = |call: &&(usize, bool)| matches!(input.services[call.0], Answer::Silent);
    let silent = calls.iter().filter(is_silent).count();
    if input.leaves && silent > 0 {
        let waiting = calls.iter().filter(is_silent).take(if is_joined { 2 } else { 1 });
        // The ABI cannot cancel HTTP calls.
        let over_http = waiting.filter(|(_, is_grpc)| !is_grpc).count();
        assert_eq!((exchange.responder, proxy.calls_outstanding()), (Responder::Nobody, over_http));
        return;
    }
    assert_eq!(proxy.calls_outstanding(), 0);
    let responder = if looping.is_some() { Responder::Filter } else { Responder::Upstream };
    assert_eq!((got.len(), exchange.responder), (calls.len(), responder));
    assert!(looping.is_none() || exchange.response.status() == 500, "{exchange}");
    let waited = if is_joined { silent.min(1) } else { silent };
    assert_eq!(proxy.now() - start, TIMEOUT * u32::try_from(waited).expect("there are few calls"));
});
