//! Tests PROXY protocol headers: checksums, fields in bytes, and those that the client sent.

use proptest::prelude::*;
use proxy_filter_test::filter_test;
use tcp_prepend::TcpPrepend;

use super::{LOOPBACK, shown, version_1, version_2};

/// The client's header in version 2, from 192.0.2.7:40001 to 198.51.100.9:443, with these TLVs.
fn sent(tlvs: &[u8]) -> Vec<u8> {
    let size = u8::try_from(tlvs.len().saturating_add(12)).unwrap_or(u8::MAX);
    let fixed = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0";
    [fixed.as_slice(), &[size], b"\xc0\0\x02\x07\xc6\x33\x64\x09\x9c\x41\x01\xbb", tlvs].concat()
}

/// Returns the types of the TLVs in a header.
fn kinds(bytes: &[u8]) -> Vec<u8> {
    let read = version_2(bytes);
    read.into_iter().flat_map(|(_, _, tlvs, _)| tlvs).map(|(kind, _)| kind).collect()
}

/// Bytes that often begin with a header, or with a part of one.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let any = || prop::collection::vec(any::<u8>(), 0..40);
    let line = b"PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n".to_vec();
    let headers =
        prop::sample::select(vec![Vec::new(), line, sent(b""), sent(b"\x02\0\x09a.example\xe4\0\0")]);
    (headers, 0..60_usize, any())
        .prop_map(|(header, kept, rest)| header.iter().take(kept).chain(&rest).copied().collect())
}

const CLIENT: [u8; 4] = [192, 0, 2, 7];
const SERVER: [u8; 4] = [198, 51, 100, 9];

/// Merges what clients of all addresses send, and adds `fields`.
fn merging(fields: &str) -> String {
    merging_from("127.0.0.0/8", fields)
}

fn merging_from(network: &str, fields: &str) -> String {
    let header = format!(r#"{{{fields} "merge": {{"from": ["192.168.0.0/16", "{network}"]}}}}"#);
    format!(r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {header}}}}}}}"#)
}

filter_test! {
    tcp TcpPrepend => "tcp-prepend";

    fn a_checksum(proxy) {
        let header = r#"{"version": 2, "tlvs": [{"type": "0xE0", "value": "blue"}], "crc32c": true}"#;
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {header}}}}}}}"#));
        let seen = plugin.send_tcp(&[b"one"]).upstream;
        assert_eq!(kinds(&seen), [0xe0, 0x03]);
        // The merging filter refuses a wrong one.
        let merges = proxy.load(&merging(r#""version": 1,"#));
        assert!(version_1(&merges.send_tcp(&[&seen]).upstream).is_some());
        let port = |at: usize, byte: &u8| if at == 23 { byte ^ 1 } else { *byte };
        let wrong: Vec<_> = seen.iter().enumerate().map(|(at, byte)| port(at, byte)).collect();
        assert_eq!(shown(&merges.send_tcp(&[&wrong]).upstream), "");
    }

    fn fields_in_bytes(proxy) {
        let tlvs = r#"[{"type": "0xEE", "hex": "01 ffFE 0080"}, {"type": "0xEA", "value": "\u0001vpce-1"}]"#;
        let header = format!(r#"{{"version": 2, "tlvs": {tlvs}}}"#);
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {header}}}}}}}"#));
        let expected = vec![(0xee, r"\x01\xff\xfe\x00\x80".into()), (0xea, r"\x01vpce-1".into())];
        let seen = plugin.send_tcp(&[b"one"]).upstream;
        assert_eq!(version_2(&seen), Some((LOOPBACK, LOOPBACK, expected, "one".into())));
    }

    fn without_tls_nothing_is_said_about_it(proxy) {
        let header = r#"{"version": 2, "tls": true, "tls_verified": true}"#;
        let plugin = proxy.load(&format!(r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {header}}}}}}}"#));
        let seen = plugin.send_tcp(&[b"one"]).upstream;
        assert_eq!(version_2(&seen), Some((LOOPBACK, LOOPBACK, vec![], "one".into())));
    }

    fn the_clients_header_is_merged(proxy) {
        let tlvs = r#""version": 2, "tlvs": [{"type": "0xE0", "value": "blue"}, {"type": "0xE1", "value": "x"}],"#;
        let plugin = proxy.load(&merging(tlvs)).upstream_sends(&[b"answer"]);
        // Theirs of type 0xE1 is replaced, what only fills space is left out, and the rest follows.
        let header = sent(b"\xe1\0\x01y\x04\0\x01\0\x02\0\x09a.example\xe1\0\0\xe4\0\x01\xff\xe4\0\0");
        let expected = vec![
            (0xe0, "blue".into()),
            (0xe1, "x".into()),
            (0x02, "a.example".into()),
            (0xe4, r"\xff".into()),
            (0xe4, String::new()),
        ];
        let seen = plugin.send_tcp(&[&[header, b"one".to_vec()].concat(), b"two"]);
        assert_eq!(version_2(&seen.upstream), Some((CLIENT.into(), SERVER.into(), expected, "onetwo".into())));
        assert_eq!(shown(&seen.client), "answer");
        let seen = plugin.send_tcp(&[b"PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n\r\n"]).upstream;
        let expected = vec![(0xe0, "blue".into()), (0xe1, "x".into())];
        assert_eq!(version_2(&seen), Some((CLIENT.into(), SERVER.into(), expected, r"\r\n".into())));
    }

    fn the_clients_header_may_come_in_pieces(proxy) {
        let plugin = proxy.load(&merging(r#""version": 1,"#)).upstream_sends(&[b"answer"]);
        let header = sent(b"\x02\0\x09a.example");
        for cuts in [[1, 12], [15, 2], [16, 24], [30, 9]] {
            let (start, rest) = header.split_at(cuts[0]);
            let (middle, end) = rest.split_at(cuts[1]);
            let seen = plugin.send_tcp(&[start, middle, &[end, b"one"].concat(), b"two"]);
            let read = version_1(&seen.upstream);
            assert_eq!(read, Some((CLIENT.into(), SERVER.into(), "onetwo".into())), "{cuts:?}");
            assert_eq!(shown(&seen.client), "answer");
        }
        // The header alone, and the end with it.
        let seen = plugin.send_tcp(&[&header]).upstream;
        assert_eq!(version_1(&seen), Some((CLIENT.into(), SERVER.into(), String::new())));
    }

    fn however_the_bytes_are_cut_the_upstream_gets_the_same(proxy) {
        proxy.model_only("hundreds of connections with pauses take minutes");
        let plugin = proxy.load(&merging(r#""version": 2,"#));
        proptest!(|(bytes in beginnings(), sizes in prop::collection::vec(1..20_usize, 1..9))| {
            let whole = plugin.send_tcp(&[&bytes]).upstream;
            let (mut rest, mut chunks) = (bytes.as_slice(), Vec::new());
            for size in sizes.iter().cycle() {
                let (chunk, others) = rest.split_at((*size).min(rest.len()));
                chunks.push(chunk);
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(shown(&plugin.send_tcp(&chunks).upstream), shown(&whole));
        });
    }

    fn without_addresses_the_connections_are_used(proxy) {
        let plugin = proxy.load(&merging(r#""version": 1,"#));
        for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
            let seen = plugin.send_tcp(&[header, b"one"]).upstream;
            assert_eq!(version_1(&seen), Some((LOOPBACK, LOOPBACK, "one".into())));
        }
    }

    fn a_field_that_the_client_sent_is_not_missing(proxy) {
        let tlvs = r#""version": 2, "tlvs": [{"type": "0x02", "value": "%ATTR(connection.requested_server_name)%"}],"#;
        let plugin = proxy.load(&merging(tlvs));
        assert_eq!(kinds(&plugin.send_tcp(&[&sent(b"\x02\0\x01a")]).upstream), [0x02]);
        assert_eq!(shown(&plugin.send_tcp(&[&sent(b""), b"one"]).upstream), "");
    }

    // Nobody can forge an address by sending a header.
    fn headers_of_other_clients_are_payload(proxy) {
        let plugin = proxy.load(&merging_from("10.0.0.0/8", r#""version": 1,"#));
        let forged = "PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n";
        let seen = plugin.send_tcp(&[forged.as_bytes(), b"one"]).upstream;
        assert_eq!(version_1(&seen), Some((LOOPBACK, LOOPBACK, format!("{}one", forged.escape_default()))));
    }

    fn a_client_that_should_send_a_header_must(proxy) {
        for (chunks, expected) in [
            (&[&b"GET / HTTP/1.1\r\n"[..], b"one"][..], "is missing"),
            (&[b"PROXY ", b"TCP4 1.2.3.4\r\n", b"one"], "has a malformed line"),
            (&[b"PROXY TCP4 192.0.2.7 "], "is incomplete"),
            (&[&sent(b"\xe0\0\x02a"), b"one"], "has a TLV that is cut off"),
            (&[b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"], "is over 4096 bytes"),
        ] {
            // Each has a configuration of its own: a filter logs at most one refusal a second.
            let fields = format!(r#""version": 2, "tlvs": [{{"type": "0xE0", "value": "{expected}"}}],"#);
            let plugin = proxy.load(&merging(&fields)).upstream_sends(&[b"answer"]);
            assert_eq!(shown(&plugin.send_tcp(chunks).upstream), "", "{expected}");
            plugin.expect_log(&format!("Warn: to_upstream: the client's PROXY protocol header {expected}; the connection is closed (`merge`)"));
        }
    }

    fn a_client_that_sends_nothing_needs_no_header(proxy) {
        let plugin = proxy.load(&merging(r#""version": 2,"#)).upstream_sends(&[b"answer"]);
        let seen = plugin.send_tcp(&[]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), (String::new(), "answer".into()));
    }

    fn refused_headers_are_counted(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(&merging(r#""version": 1,"#));
        plugin.send_tcp(&[b"GET /"]);
        plugin.expect_metric("tcp_prepend.missing.filter.plugin.direction.to_upstream", 1);
    }
}
