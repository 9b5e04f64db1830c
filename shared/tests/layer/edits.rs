//! Consecutive edits of a body or chunk: each applies to the result of the one before.

use proxy_filter::http::Collected;
use proxy_filter::prelude::*;
use proxy_model::{Request, filter_fn};

/// Sends a body in two parts, which has no `content-length` that an edit could invalidate.
fn body(edit: impl Fn(&mut proxy_filter::http::RequestBody) -> Result<(), HostError> + 'static) -> String {
    let exchange = filter_fn::on_request_body(Request::post("/", &["ab", "c"]), move |body| {
        if body.collect(64)? == Collected::Pending {
            Ok(Flow::Continue)
        } else {
            edit(body).map(|()| Flow::Continue)
        }
    });
    let body = exchange.upstream.map(|request| request.body.concat()).unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

#[test]
fn edits_of_a_body_add_up() {
    assert_eq!(body(|_| Ok(())), "abc");
    assert_eq!(body(|body| body.replace(b"longer text").and_then(|()| body.replace(b"x"))), "x");
    assert_eq!(body(|body| body.prepend(b"<").and_then(|()| body.append(b">"))), "<abc>");
    assert_eq!(
        body(|body| body.append(b">").and_then(|()| body.replace(&body.bytes()?.repeat(2)))),
        "abc>abc>"
    );
    assert_eq!(
        body(|body| {
            body.prepend(b"<<")?;
            assert_eq!((body.len(), body.bytes()?.as_slice()), (5, b"<<abc".as_slice()));
            body.replace(b"")
        }),
        ""
    );
}

#[test]
fn bytes_added_to_a_held_body_are_part_of_it() {
    let request = Request::post("/", &["ab", "c"]).trailer("x-a", "1");
    let exchange = filter_fn::on_request_body(request, |body| {
        match body.collect(64)? {
            Collected::Pending => body.append(b"!")?,
            collected => assert_eq!(collected, Collected::Complete(b"ab!c!".to_vec())),
        }
        Ok(Flow::Continue)
    });
    assert_eq!(exchange.upstream.map(|request| request.body.concat()), Some(b"ab!c!".to_vec()));
}

#[test]
fn edits_of_a_chunk_add_up() {
    let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
        if !chunk.is_empty() {
            chunk.replace(b"longer text")?;
            chunk.replace(b"x")?;
            chunk.append(b">")?;
            assert_eq!(chunk.bytes()?, b"x>");
        }
        Ok(TcpFlow::Continue)
    });
    assert_eq!(upstream, b"x>");
}

#[test]
#[should_panic(expected = "the request has `content-length: 3` and a body of 1 bytes")]
fn a_body_whose_length_differs_from_content_length_fails_the_test() {
    filter_fn::on_request_body(Request::post("/", &["abc"]), |body| {
        body.replace(b"x").map(|()| Flow::Continue)
    });
}
