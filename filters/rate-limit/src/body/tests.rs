//! Costs in bodies, in any parts.

use proptest::prelude::*;

use super::*;

/// Reads a body that arrives in these parts.
fn read(kind: &str, pointer: &str, max_bytes: u32, parts: &[&[u8]]) -> Option<u32> {
    let cost = JsonCost::new(pointer, Some(max_bytes)).unwrap();
    let mut reader = cost.reader(&HeaderPairs::of([("content-type", kind)])).unwrap();
    parts.iter().for_each(|part| reader.read(&cost, part));
    reader.found(&cost)
}

const EVENTS: &str = "text/event-stream; charset=utf-8";
const TOTAL: &str = "/usage/total_tokens";

#[test]
fn numbers_in_a_body() {
    for (pointer, body, expected) in [
        (
            TOTAL,
            r#"{"id": "a", "usage": {"prompt_tokens": 1, "total_tokens": 12}, "x": [1, {"y": null}]}"#,
            Some(12),
        ),
        (TOTAL, "  \n{\"usage\":{\"total_tokens\":12.0}}\n ", Some(12)),
        (TOTAL, r#"{"usage": {"total_tokens": 1.2e1}}"#, Some(12)),
        (TOTAL, r#"{"usage": {"total_tokens": 11.1}}"#, Some(12)),
        (TOTAL, r#"{"usage": {"total_tokens": 0}}"#, Some(0)),
        (TOTAL, r#"{"usage": {"total_tokens": 4294967295}}"#, Some(u32::MAX)),
        (TOTAL, r#"{"usage": {"total_tokens": 4294967296}}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": 1e300}}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": -1}}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": "12"}}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": [12]}}"#, None),
        (TOTAL, r#"{"usage": null}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": 12}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": 12}} x"#, None),
        (TOTAL, r#"{"total_tokens": 12, "usage": 5}"#, None),
        (TOTAL, r#"{"usage": {"total_tokens": 12}, "usage": {"total_tokens": 13}}"#, Some(13)),
        ("/a~1b/~01", r#"{"a/b": {"~1": 3}}"#, Some(3)),
        ("/a/1/b", r#"{"a": [{"b": 1}, {"b": 2}, {"b": 3}]}"#, Some(2)),
        ("/1", "[7, 8]", Some(8)),
        ("/01", "[7, 8]", None),
        ("/-", "[7, 8]", None),
        ("/", r#"{"": 4}"#, Some(4)),
        ("/\u{e9}", r#"{"\u00e9": 5}"#, Some(5)),
        (TOTAL, "<html>", None),
        (TOTAL, "12", None),
        (TOTAL, "", None),
    ] {
        assert_eq!(
            read("application/json", pointer, 1000, &[body.as_bytes()]),
            expected,
            "{pointer} in {body}"
        );
    }
}

#[test]
fn the_last_event_that_says_it_wins() {
    let events = "data: {\"choices\": [], \"usage\": null}\n\nevent: x\r\ndata:{\"usage\":{\"total_tokens\":4}}\r\n\r\n: {\"usage\":\
                  {\"total_tokens\":9}}\rdata: {\"usage\": {\"total_tokens\": 17}}\n\ndata: {\"usage\": {}}\n\ndata: [DONE]\n\n";
    assert_eq!(read(EVENTS, TOTAL, 1000, &[events.as_bytes()]), Some(17));
    assert_eq!(read(EVENTS, TOTAL, 30, &[events.as_bytes()]), None, "every line is too long");
    assert_eq!(read(EVENTS, TOTAL, 35, &[events.as_bytes()]), Some(4), "the last line is too long");
    assert_eq!(read("application/json", TOTAL, 1000, &[events.as_bytes()]), None);
    let lines = "{\"usage\":{\"total_tokens\":4}}\n{\"usage\":{\"total_tokens\":5}}\n{}\n";
    assert_eq!(read("application/x-ndjson", TOTAL, 1000, &[lines.as_bytes()]), Some(5));
    assert_eq!(read("application/json", TOTAL, 1000, &[lines.as_bytes()]), None);
}

#[test]
fn memory_is_bounded() {
    let cost = JsonCost::new(TOTAL, Some(100)).unwrap();
    for kind in ["text/event-stream", "application/x-ndjson", "application/json"] {
        let mut reader = cost.reader(&HeaderPairs::of([("content-type", kind)])).unwrap();
        for _ in 0..1000 {
            reader.read(&cost, b"{\"data: {\"a\": [[[");
            assert!(reader.lines.kept() <= 200, "{kind}");
        }
        assert_eq!(reader.found(&cost), None);
    }
    let nested = "[".repeat(1 << 20);
    assert_eq!(read("application/json", TOTAL, 1 << 20, &[nested.as_bytes()]), None);
}

#[test]
fn compressed_bodies_are_not_read() {
    let cost = JsonCost::new(TOTAL, None).unwrap();
    let reader = |encoding: &str| cost.reader(&HeaderPairs::of([("content-encoding", encoding)]));
    assert!(reader("").is_ok() && reader(" Identity").is_ok());
    assert_eq!(reader("gzip").unwrap_err(), "gzip");
    assert_eq!(reader("br\u{7f}").unwrap_err(), r"br\x7f");
}

/// Generates bodies that are almost JSON.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("data:"),
        Just("data: "),
        Just("{\"a\":"),
        Just("{\"a\": {\"b\": 7}}"),
        Just("{\"a\":{\"b\":8.5}}"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just(" "),
        Just("12"),
        Just("\"b\""),
        Just(":"),
        Just("null"),
    ];
    let token = prop_oneof![
        9 => token.prop_map(|token| token.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_parts_of_a_body_do_not_matter(
        body in bodies(),
        kind in prop_oneof![Just("text/event-stream"), Just("application/x-ndjson"), Just("application/json")],
        max_bytes in 1..60_u32,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len().saturating_add(1))).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
        prop_assert_eq!(read(kind, "/a/b", max_bytes, &parts), read(kind, "/a/b", max_bytes, &[&body]));
    }

    /// serde_json reads the whole text into a tree, and follows the pointer there.
    #[test]
    fn a_number_is_that_of_the_tree(body in bodies()) {
        let tree: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
        let number = tree.as_ref().and_then(|tree| tree.pointer("/a/b")?.as_f64()).map(|number| number.ceil() as u32);
        let is_container = tree.is_some_and(|tree| tree.is_object() || tree.is_array());
        prop_assert_eq!(read("application/json", "/a/b", 1000, &[&body]), number.filter(|_| is_container));
    }
}
