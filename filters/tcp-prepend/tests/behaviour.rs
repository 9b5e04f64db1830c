//! What tcp-prepend puts before a stream.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use proxy_model::{Proxy, json_examples};
use tcp_prepend::TcpPrepend;

fn send(configuration: &str, chunks: &[&str]) -> Vec<String> {
    Proxy::new().tcp::<TcpPrepend>(configuration).unwrap().send(chunks)
}

#[test]
fn the_tutorials_text_once_by_default() {
    for configuration in ["", "{}"] {
        let sent = send(configuration, &["one", "two"]);
        assert_eq!(sent, ["prepend payload to downstream dataone", "two", ""]);
    }
}

#[test]
fn every_chunk_as_the_tutorial_does() {
    let configuration = r#"{"to_upstream": {"payload": {"text": ">"}, "every_chunk": true}}"#;
    assert_eq!(send(configuration, &["one", "two"]), [">one", ">two", ""]);
}

#[test]
fn an_empty_connection_gets_nothing() {
    assert_eq!(send("", &[]), [""]);
}

#[test]
fn the_readmes_configurations_are_accepted() {
    let examples = json_examples(include_str!("../README.md"));
    assert!(!examples.is_empty());
    for example in examples {
        Proxy::new().tcp::<TcpPrepend>(example).unwrap();
    }
}
