//! Tests what tcp-prepend sends before the bytes of a connection.

mod headers;

use std::net::Ipv4Addr;

use proxy_filter_test::{filter_test, json_examples};
use tcp_prepend::TcpPrepend;

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

type Tlvs = Vec<(u8, String)>;

/// Parses version 1 with another parser. Returns the addresses, and the bytes that follow.
fn version_1(bytes: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr, String)> {
    let header = ppp::v1::Header::try_from(bytes).ok()?;
    let ppp::v1::Addresses::Tcp4(addresses) = header.addresses else { return None };
    let rest = bytes.get(header.header.len()..)?;
    Some((addresses.source_address, addresses.destination_address, shown(rest)))
}

/// Parses version 2 with another parser. Also returns the TLVs.
fn version_2(bytes: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr, Tlvs, String)> {
    let header = ppp::v2::Header::try_from(bytes).ok()?;
    let ppp::v2::Addresses::IPv4(addresses) = header.addresses else { return None };
    let tlvs =
        header.tlvs().map(|tlv| tlv.map(|tlv| (tlv.kind, shown(&tlv.value)))).collect::<Result<_, _>>();
    let rest = bytes.get(header.len()..)?;
    Some((addresses.source_address, addresses.destination_address, tlvs.ok()?, shown(rest)))
}

filter_test! {
    tcp TcpPrepend => "tcp-prepend";

    fn the_default_text_is_sent_once(proxy) {
        for configuration in ["", "{}", "{ \n}", r#"{"to_upstream": {}}"#] {
            let plugin = proxy.load(configuration).upstream_sends(&[b"answer"]);
            let seen = plugin.send_tcp(&[b"one", b"two"]);
            assert_eq!(shown(&seen.upstream), "prepend payload to downstream dataonetwo");
            assert_eq!(shown(&seen.client), "answer");
        }
    }

    fn every_chunk_can_get_the_payload(proxy) {
        let plugin = proxy.load(r#"{"to_upstream": {"payload": {"text": ">"}, "every_chunk": true}}"#);
        assert_eq!(shown(&plugin.send_tcp(&[b"one", b"two"]).upstream), ">one>two");
    }

    fn payloads(proxy) {
        for (payload, expected) in [
            (r#"{"text": "Zoë\n"}"#, "Zoë\n".as_bytes()),
            (r#"{"hex": "00 fF\n0d0a"}"#, b"\x00\xff\r\n"),
            (r#"{"base64": "/wD/AA=="}"#, b"\xff\x00\xff\x00"),
            (r#"{"template": "100%%\r\n"}"#, b"100%\r\n"),
        ] {
            let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {payload}}}}}"#));
            assert_eq!(shown(&plugin.send_tcp(&[b"x"]).upstream), shown(&[expected, b"x"].concat()));
        }
    }

    fn both_directions(proxy) {
        let configuration = r#"{"to_upstream": {"payload": {"text": "up:"}}, "to_client": {"payload": {"text": "down:"}}}"#;
        let plugin = proxy.load(configuration).upstream_sends(&[b"three", b"four"]);
        for _ in 0..2 {
            let seen = plugin.send_tcp(&[b"one", b"two"]);
            assert_eq!((shown(&seen.upstream), shown(&seen.client)), ("up:onetwo".into(), "down:threefour".into()));
        }
    }

    fn only_to_the_client(proxy) {
        let plugin = proxy.load(r#"{"to_client": {"payload": {"text": "down:"}}}"#).upstream_sends(&[b"x"]);
        let seen = plugin.send_tcp(&[b"one"]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), ("one".into(), "down:x".into()));
    }

    fn as_many_chunks_as_configured(proxy) {
        let configuration = r#"{
            "to_upstream": {"payload": {"text": ">"}, "every_chunk": true, "most_chunks": 2},
            "to_client": {"payload": {"text": "<"}, "every_chunk": true, "most_chunks": 3}
        }"#;
        let plugin = proxy.load(configuration).upstream_sends(&[b"1", b"2", b"3", b"4"]);
        for _ in 0..2 {
            let seen = plugin.send_tcp(&[b"a", b"b", b"c"]);
            assert_eq!((shown(&seen.upstream), shown(&seen.client)), (">a>bc".into(), "<1<2<34".into()));
        }
    }

    fn an_empty_connection_gets_nothing(proxy) {
        let seen = proxy.load("").send_tcp(&[]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), (String::new(), String::new()));
    }

    fn an_empty_connection_gets_the_payload_on_request(proxy) {
        let configuration = r#"{
            "to_upstream": {"payload": {"text": "up"}, "every_chunk": true},
            "to_client": {"payload": {"text": "down"}},
            "on_empty": "send"
        }"#;
        let plugin = proxy.load(configuration);
        let seen = plugin.send_tcp(&[]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), ("up".into(), "down".into()));
        let seen = plugin.upstream_sends(&[b"x"]).send_tcp(&[b"y"]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), ("upy".into(), "downx".into()));
    }

    fn templates_read_attributes_of_the_connection(proxy) {
        let template = r"from %ATTR(source.address):9% to %ATTR(destination.address):9%\n";
        let payload = format!(r#"{{"payload": {{"template": "{template}"}}}}"#);
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {payload}, "to_client": {payload}}}"#));
        let seen = plugin.upstream_sends(&[b"y"]).send_tcp(&[b"x"]);
        assert_eq!(shown(&seen.upstream), r"from 127.0.0.1 to 127.0.0.1\nx");
        assert_eq!(shown(&seen.client), r"from 127.0.0.1 to 127.0.0.1\ny");
    }

    fn templates_have_envoys_commands(proxy) {
        let template = r"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% to %DOWNSTREAM_LOCAL_ADDRESS:9%\n";
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {{"template": "{template}"}}}}}}"#));
        assert_eq!(shown(&plugin.send_tcp(&[b"x"]).upstream), r"127.0.0.1 to 127.0.0.1\nx");
    }

    fn a_connection_that_lacks_an_attribute_is_closed(proxy) {
        let template = "name=%ATTR(connection.requested_server_name)%;";
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {{"template": "{template}"}}}}}}"#));
        let seen = plugin.upstream_sends(&[b"answer"]).send_tcp(&[b"secret", b"more"]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), (String::new(), String::new()));
    }

    fn a_missing_attribute_closes_the_other_direction_too(proxy) {
        let template = "name=%ATTR(connection.requested_server_name)%;";
        let plugin = proxy.load(&format!(r#"{{"to_client": {{"payload": {{"template": "{template}"}}}}}}"#));
        let seen = plugin.upstream_sends(&[b"secret"]).send_tcp(&[b"one"]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), ("one".into(), String::new()));
    }

    fn a_connection_can_continue_without_a_payload(proxy) {
        proxy.reset_metrics();
        let template = "name=%ATTR(connection.requested_server_name)%;";
        let direction = format!(r#"{{"payload": {{"template": "{template}"}}, "every_chunk": true}}"#);
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {direction}, "on_missing": "skip"}}"#));
        assert_eq!(shown(&plugin.send_tcp(&[b"one", b"two"]).upstream), "onetwo");
        plugin.expect_metric("tcp_prepend.missing.filter.plugin.direction.to_upstream", 2);
        plugin.expect_log("Warn: to_upstream: no value for `connection.requested_server_name`; the connection continues without the payload");
    }

    fn each_direction_counts_its_payloads(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"to_upstream": {"payload": {"text": "a"}, "every_chunk": true, "most_chunks": 2},
                "to_client": {"payload": {"template": "%ATTR(source.address)%"}}}"#,
        );
        plugin.upstream_sends(&[b"x"]).send_tcp(&[b"one", b"two", b"three"]);
        let metrics = proxy.metrics().unwrap_or_default();
        let count = |name: &str| metrics.iter().find(|(other, _)| other == name).map(|(_, count)| *count);
        assert!(count("tcp_prepend.prepended.filter.plugin.direction.to_upstream") >= Some(1), "{metrics:?}");
        assert_eq!(count("tcp_prepend.prepended.filter.plugin.direction.to_client"), Some(1), "{metrics:?}");
        assert_eq!(count("tcp_prepend.missing.filter.plugin.direction.to_client"), Some(0), "{metrics:?}");
        proxy.model_only("Envoy keeps the counters of other tests");
        assert_eq!(metrics.len(), 3, "{metrics:?}");
    }

    fn the_proxy_protocol_in_version_1(proxy) {
        let plugin = proxy.load(r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 1}}}}"#);
        let seen = plugin.send_tcp(&[b"one", b"two"]).upstream;
        assert_eq!(version_1(&seen), Some((LOOPBACK, LOOPBACK, "onetwo".into())), "{}", shown(&seen));
    }

    fn the_proxy_protocol_in_version_2(proxy) {
        proxy.reset_metrics();
        let tlvs = r#"[{"type": "0xE0", "value": "blue"}, {"type": "0x02", "value": "%ATTR(connection.requested_server_name)%"},
                       {"type": "0xe1", "value": "%ATTR(source.address):3%"}]"#;
        let payload = format!(r#"{{"payload": {{"proxy_protocol": {{"version": 2, "tlvs": {tlvs}}}}}}}"#);
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {payload}, "on_missing": "skip"}}"#));
        let seen = plugin.send_tcp(&[b"one", b"two"]).upstream;
        let tlvs = vec![(0xe0, "blue".into()), (0xe1, "127".into())];
        assert_eq!(version_2(&seen), Some((LOOPBACK, LOOPBACK, tlvs, "onetwo".into())), "{}", shown(&seen));
        // Only the TLV is omitted, not the header.
        plugin.expect_metric("tcp_prepend.missing.filter.plugin.direction.to_upstream", 1);
        plugin.expect_log("Warn: to_upstream: TLV 0x02: no value for `connection.requested_server_name`; the TLV is omitted");
    }

    fn a_tlv_that_is_missing_closes_the_connection(proxy) {
        proxy.reset_metrics();
        let tlvs = r#"[{"type": "0x02", "value": "%ATTR(connection.requested_server_name)%"}]"#;
        let payload = format!(r#"{{"proxy_protocol": {{"version": 2, "tlvs": {tlvs}}}}}"#);
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {payload}}}}}"#));
        assert_eq!(shown(&plugin.send_tcp(&[b"secret"]).upstream), "");
        plugin.expect_metric("tcp_prepend.missing.filter.plugin.direction.to_upstream", 1);
        plugin.expect_log("Warn: to_upstream: TLV 0x02: no value for `connection.requested_server_name`; the connection is closed (`on_missing`)");
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
