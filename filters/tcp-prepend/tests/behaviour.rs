//! What tcp-prepend puts before a stream.

use proxy_filter_test::{filter_test, json_examples};
use tcp_prepend::TcpPrepend;

filter_test! {
    tcp TcpPrepend => "tcp-prepend";

    fn the_tutorials_text_once_by_default(proxy) {
        for configuration in ["", "{}", "{ \n}", r#"{"to_upstream": {}}"#] {
            let seen = proxy.load(configuration).send_tcp(&[b"one", b"two"]).upstream;
            assert_eq!(seen.escape_ascii().to_string(), "prepend payload to downstream dataonetwo");
        }
    }

    fn every_chunk_as_the_tutorial_does(proxy) {
        let plugin = proxy.load(r#"{"to_upstream": {"payload": {"text": ">"}, "every_chunk": true}}"#);
        assert_eq!(plugin.send_tcp(&[b"one", b"two"]).upstream.escape_ascii().to_string(), ">one>two");
    }

    fn an_empty_connection_gets_nothing(proxy) {
        assert_eq!(proxy.load("").send_tcp(&[]).upstream.escape_ascii().to_string(), "");
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
