//! Futures that fail, loop, or wait for what never happens.

use std::task::{Context, Poll, Waker};

use proxy_filter::callout::{CallError, CallResponse};
use proxy_filter::entry::{HostAction, calls};

use super::{Case, call, grpc_stream, notes, respond};

#[test]
fn a_future_that_waits_for_nothing_gets_a_reply() {
    let expected = [
        "Error: request: the filter waits for something other than a call or a gRPC stream, which never happens; replying 500",
        "reply 500 proxy_filter_waits_for_nothing",
    ];
    assert_eq!(notes(Case::WaitsForNothing, |_, action| assert_eq!(action, HostAction::Stop)), expected);
    assert_eq!(notes(Case::WaitsForMore, |_stream, _| respond(0)), expected);
}

const LOOPS: [&str; 2] = [
    "Error: request: 256 calls could not be sent, so the filter is assumed to loop; replying 500. Check that the cluster \
     exists, and limit retries",
    "reply 500 proxy_filter_calls_not_sent",
];

#[test]
fn a_future_that_repeats_unsent_calls_gets_a_reply() {
    for case in [Case::Loops, Case::LoopsOverStreams] {
        assert_eq!(notes(case, |_, action| assert_eq!(action, HostAction::Stop)), LOOPS);
    }
}

#[test]
fn a_loop_ends_although_a_stream_is_outstanding() {
    let expected = ["send unheard on 0", "cancel 0", "send hello on 1", "cancel 1", LOOPS[0], LOOPS[1]];
    assert_eq!(notes(Case::LoopsBesideStream, |_, _| {}), expected);
}

#[test]
fn a_stream_that_has_ended_sends_nothing() {
    let of_status = |status| notes(Case::EndedStream, |_stream, _| calls::grpc_close(0, status));
    assert_eq!(of_status(0), ["send hello on 0", "cancel 0", "continue Request"]);
    assert_eq!(of_status(9), ["send hello on 0", "cancel 0", "Err(Grpc(9))", "continue Request"]);
}

#[test]
fn a_future_that_fails_gets_a_reply() {
    let reply = "reply 500 proxy_filter_host_error";
    assert_eq!(notes(Case::Fails, |_, _| {}), ["Error: request: empty; replying 500", reply]);
}

#[test]
fn calls_and_streams_outside_of_a_request_fail() {
    let mut future = Box::pin(call().into_future());
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Ready(CallResponse::Failed(CallError::OutsideOnRequest)));
    assert_eq!(grpc_stream().send(b"hello"), Err(CallError::OutsideOnRequest));
}
