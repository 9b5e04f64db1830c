//! Callbacks in orders that no test can force a proxy to use.

use proxy_filter::entry::{HostAction, calls};

use super::{Case, notes, respond};

/// Two responses without headers.
const BOTH_FAILED: &str = "[failed: no response: the service was not reached, or took too long, failed: no response: the service was not reached, or took too long]";

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
    let expected = ["body of 5, end true", "trailers", "continue Request", r#"end: ["asked", "continued"]"#];
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
fn a_reply_of_another_filter_ends_a_returned_call() {
    let seen = notes(Case::ThenFlowCall, |mut stream, _| {
        stream.response_headers(true);
        assert_eq!(calls::waiting(), 0);
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
    assert_eq!(seen, [BOTH_FAILED, "continue Request"]);
}

#[test]
fn a_response_may_arrive_while_the_future_runs() {
    let seen = notes(Case::Nested, |_stream, action| {
        assert_eq!(action, HostAction::Stop);
        assert_eq!(calls::waiting(), 1);
        respond(1);
    });
    assert_eq!(seen, [BOTH_FAILED, "continue Request"]);
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
