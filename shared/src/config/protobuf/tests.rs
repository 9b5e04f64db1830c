//! Bytes that prost writes, and bytes that no serializer writes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;
use serde_json::json;

use super::*;

#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    fields: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Boolean(bool),
    #[prost(message, tag = "5")]
    Struct(Struct),
    #[prost(message, tag = "6")]
    List(List),
}

#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct TypedStruct {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Struct>,
}

fn value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => Kind::Null(0),
        Json::Bool(boolean) => Kind::Boolean(*boolean),
        Json::Number(number) => Kind::Number(number.as_f64().unwrap()),
        Json::String(text) => Kind::Text(text.clone()),
        Json::Array(items) => Kind::List(List { values: items.iter().map(value).collect() }),
        Json::Object(_) => Kind::Struct(structure(json)),
    };
    Value { kind: Some(kind) }
}

fn structure(json: &serde_json::Value) -> Struct {
    let fields = json.as_object().unwrap().iter().map(|(name, item)| (name.clone(), value(item)));
    Struct { fields: fields.collect() }
}

fn read(bytes: &[u8]) -> Option<String> {
    from_protobuf(bytes).map(|json| String::from_utf8(json).unwrap())
}

/// Encodes length-delimited bytes after their tag.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
    bytes.extend(content);
    bytes
}

fn entry(name: &[u8], value: &[u8]) -> Vec<u8> {
    tagged(FIRST_CHUNK, &[tagged(FIRST_CHUNK, name), tagged(SECOND_CHUNK, value)].concat())
}

#[test]
fn structs_become_json() {
    for (json, expected) in [
        (json!({"ttlSecond": 60, "burst": 3}), r#"{"burst":3,"ttlSecond":60}"#),
        (json!({"": null, "a": [true, false, [], {}]}), r#"{"":null,"a":[true,false,[],{}]}"#),
        (
            json!({"n": [5.0, -0.0, 1.5, -7, 9_007_199_254_740_992_u64, 1e22, -0.125]}),
            r#"{"n":[5,0,1.5,-7,9007199254740992,10000000000000000000000.0,-0.125]}"#,
        ),
        (
            json!({"b": "\"\\\n\u{1}é\u{7f}🦀", "a": ""}),
            "{\"a\":\"\",\"b\":\"\\\"\\\\\\u000a\\u0001é\u{7f}🦀\"}",
        ),
        (json!({"long": "x".repeat(300)}), &format!(r#"{{"long":"{}"}}"#, "x".repeat(300))),
    ] {
        let value = structure(&json);
        assert_eq!(read(&value.encode_to_vec()).as_deref(), Some(expected));
        for type_url in ["", "type.googleapis.com/acme.Config"] {
            let typed = TypedStruct { type_url: type_url.into(), value: Some(value.clone()) };
            assert_eq!(read(&typed.encode_to_vec()).as_deref(), Some(expected), "{type_url}");
        }
        let read: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(value, structure(&read));
    }
    let empty = TypedStruct { type_url: "a".into(), value: Some(Struct::default()) };
    assert_eq!(read(&empty.encode_to_vec()).as_deref(), Some("{}"));
    let twice = [entry(b"a", &[BOOLEAN, 0]), entry(b"b", &[NULL, 0]), entry(b"a", &[BOOLEAN, 1])].concat();
    assert_eq!(read(&twice).as_deref(), Some(r#"{"a":true,"b":null}"#));
}

#[test]
fn other_bytes_are_refused() {
    let good = entry(b"a", &[BOOLEAN, 1]);
    assert_eq!(read(&good).as_deref(), Some(r#"{"a":true}"#));
    for end in 0..good.len() {
        assert_eq!(read(&good[..end]), None, "{end}");
    }
    let number = |number: f64| [vec![NUMBER], number.to_le_bytes().to_vec()].concat();
    for bytes in [
        entry(b"a", &[]),
        entry(b"a", &[BOOLEAN, 2]),
        entry(b"a", &[BOOLEAN, 1, BOOLEAN, 1]),
        entry(b"a", &[NULL, 1]),
        entry(b"a", &[0x38, 0]),
        entry(b"a", &[NUMBER, 0]),
        entry(b"a", &number(f64::NAN)),
        entry(b"a", &number(f64::INFINITY)),
        entry(b"a", &tagged(TEXT, b"\xff")),
        entry(b"a", &[tagged(TEXT, b"x"), tagged(TEXT, b"y")].concat()),
        entry(b"\xff", &[BOOLEAN, 1]),
        [entry(b"a", &[]), good.clone()].concat(),
        [good.clone(), vec![0]].concat(),
        [good.clone(), tagged(0x22, b"x")].concat(),
        tagged(FIRST_CHUNK, &tagged(FIRST_CHUNK, b"a")),
        tagged(FIRST_CHUNK, b"https://a.example"),
        tagged(FIRST_CHUNK, &[tagged(SECOND_CHUNK, &[NULL, 0]), tagged(FIRST_CHUNK, b"a")].concat()),
        [tagged(FIRST_CHUNK, b"\xff"), tagged(SECOND_CHUNK, &good)].concat(),
        [tagged(SECOND_CHUNK, &good), tagged(SECOND_CHUNK, &good)].concat(),
        vec![FIRST_CHUNK, 0xff, 0xff, 0xff, 0xff, 0x7f, 0],
        vec![FIRST_CHUNK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        assert_eq!(read(&bytes), None, "{}", bytes.escape_ascii());
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth| {
        let innermost = tagged(LIST, &[]);
        let value = (2..depth).fold(innermost, |value, _| tagged(LIST, &tagged(FIRST_CHUNK, &value)));
        entry(b"a", &value)
    };
    let deepest = read(&nested(MOST_NESTED)).unwrap();
    assert_eq!(deepest, format!("{{\"a\":{}{}}}", "[".repeat(99), "]".repeat(99)));
    assert!(serde_json::from_str::<serde_json::Value>(&deepest).is_ok());
    assert_eq!(read(&nested(MOST_NESTED + 1)), None);
    assert_eq!(read(&nested(10_000)), None);
}

#[test]
fn the_hint_distinguishes_messages_from_text() {
    for length in 1..400 {
        let text = vec![b'x'; length];
        assert_ne!(protobuf_hint(&tagged(FIRST_CHUNK, &text)), "", "{length}");
        assert_ne!(protobuf_hint(&entry(&text, &[NULL, 0])), "", "{length}");
    }
    for text in ["", "\n", "\n\n", "{}", "\n{}\n", "hello\tworld\r\n", "\n!what ever you want", "Zoë"] {
        assert_eq!(protobuf_hint(text.as_bytes()), "", "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_json_or_none(bytes: Vec<u8>, tags in "[\n\x08\x11\x12\x1a\x20\x2a\x32\x00-\x0c]{0,40}") {
        for bytes in [bytes.as_slice(), tags.as_bytes()] {
            if let Some(json) = from_protobuf(bytes) {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
            }
        }
    }

    #[test]
    fn no_text_is_taken_for_protobuf(text in "\n?[ -~\t\r\né🦀]{0,200}") {
        prop_assert_eq!(from_protobuf(text.as_bytes()), None);
    }
}
