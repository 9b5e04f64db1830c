//! A filter accepts or refuses any configuration.
//!
//! - It does the same each time, and the same for a JSON object and for the `google.protobuf.Struct` or `TypedStruct` of the
//!   object. What is not JSON, is nested too deeply or is a number that a double does not represent has no struct.
//! - What the layer reads from protobuf bytes is what prost reads from them.
//! - An error is one line of bounded length. If it names a place, the place is in the configuration, or only its last field is not.
//!
//! An input is the number of a filter, the binary logarithm of the number of repetitions, and the configuration. What is between
//! the bytes 2 and 3 is repeated, so that a short input makes a long configuration or a deeply nested one.
#![no_main]

use std::sync::LazyLock;

use fuzz::filters::{FILTERS, Filter};
use fuzz::mutation::{Random, Vocabulary, mutate};
use fuzz::structs;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use prost::Message;
use prost_types::Struct;
use proxy_filter::config::from_protobuf;
use serde_json::Value;

/// What every error begins with in the log.
const REFUSED: &str = "Error: configuration refused: ";

/// The most bytes of an error: 400 of its path, 1000 of its message, and what says that something is left out.
const MOST_BYTES: usize = 1500;

/// The most bytes of a configuration.
const MOST_REPEATED: usize = 1 << 17;

/// The most levels of a struct that the layer reads.
const MOST_NESTED: usize = 100;

/// Configurations up to this many bytes are loaded in each of their forms.
const SHORT: usize = 1 << 13;

#[derive(Clone, PartialEq, Message)]
struct TypedStruct {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Struct>,
}

fuzz_target!(|input: &[u8]| {
    let [number, logarithm, pattern @ ..] = input else { return };
    let filter = &FILTERS[usize::from(*number) % FILTERS.len()];
    let configuration = repeated(pattern, *logarithm);
    let loaded = load(filter, &configuration);
    let json = from_protobuf(&configuration);
    if let Some(json) = &json {
        let read: Value = serde_json::from_slice(json).expect("from_protobuf writes JSON");
        let expected = read_by_prost(&configuration);
        assert!(expected.contains(&Some(read)), "{}", configuration.escape_ascii());
    }
    let text = json.as_deref().unwrap_or(&configuration);
    let tree: Option<Value> = serde_json::from_slice(text).ok();
    if let Err(error) = &loaded {
        check(error, tree.as_ref());
    }
    if configuration.len() > SHORT {
        return;
    }
    assert_eq!(loaded, load(filter, &configuration), "twice");
    let Some(tree) = tree.filter(|tree| tree.as_object().is_some_and(|fields| !fields.is_empty())) else {
        return;
    };
    let Some(structure) = structs::of_json(&tree) else { return };
    let canonical = load(filter, tree.to_string().as_bytes());
    // A field that is there twice is refused in text, and the last one counts in a tree.
    assert!(loaded.is_err() || canonical.is_ok(), "{canonical:?}: {tree}");
    let typed = TypedStruct { type_url: "a".into(), value: Some(structure.clone()) };
    for bytes in [structure.encode_to_vec(), typed.encode_to_vec()] {
        let of_struct = load(filter, &bytes);
        if depth(&tree) <= MOST_NESTED {
            assert_eq!(of_struct, canonical, "{tree}");
        } else {
            assert!(of_struct.is_err(), "{tree}");
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    static VOCABULARIES: LazyLock<Vec<Vocabulary>> =
        LazyLock::new(|| FILTERS.iter().map(|filter| Vocabulary::of(filter.schema)).collect());
    let mut random = Random(seed.into());
    if let [number, _, text @ ..] = &data[..size]
        && random.below(4) > 0
        && let Ok(mut tree) = serde_json::from_slice::<Value>(text)
    {
        let words = &VOCABULARIES[usize::from(*number) % VOCABULARIES.len()];
        (0..=random.below(3)).for_each(|_| mutate(&mut tree, words, &mut random));
        let text = tree.to_string();
        if text.len() + 2 <= max_size {
            data[2..text.len() + 2].copy_from_slice(text.as_bytes());
            return text.len() + 2;
        }
    }
    fuzzer_mutate(data, size, max_size)
});

fn load(filter: &Filter, configuration: &[u8]) -> Result<(), String> {
    filter.refuses(configuration).map_or(Ok(()), Err)
}

/// Repeats what is between the bytes 2 and 3.
fn repeated(pattern: &[u8], logarithm: u8) -> Vec<u8> {
    let times = 1_usize << (logarithm % 13);
    let mut configuration = Vec::new();
    for (number, piece) in pattern.split(|byte| matches!(byte, 2 | 3)).enumerate() {
        let times = if number % 2 == 0 { 1 } else { times };
        let room = MOST_REPEATED.saturating_sub(configuration.len());
        configuration.extend(piece.repeat(times.min(room / piece.len().max(1))));
    }
    configuration
}

/// Reads a struct or a typed struct.
fn read_by_prost(bytes: &[u8]) -> [Option<Value>; 2] {
    let structure = Struct::decode(bytes).ok();
    let typed = TypedStruct::decode(bytes).ok().and_then(|typed| typed.value);
    [structure, typed].map(|structure| structs::to_json(&structure?))
}

/// Checks an error.
fn check(error: &str, tree: Option<&Value>) {
    let error = error.strip_prefix(REFUSED).unwrap_or_else(|| panic!("not an error: {error}"));
    assert!(!error.chars().any(char::is_control), "{error:?}");
    assert!(error.len() <= MOST_BYTES, "{} bytes: {error}", error.len());
    let Some(tree) = tree else { return };
    let looks_like_place = error.split_once(": ").is_some_and(|(place, _)| {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.' | b'[' | b']');
        place.bytes().all(|byte| is_name(byte) || byte.is_ascii_digit())
    });
    assert!(!looks_like_place || has_place(tree, error), "{error}\n{tree}");
}

/// Returns whether an error begins with a place in the tree. Only its last field may be absent.
fn has_place(tree: &Value, error: &str) -> bool {
    let goes_on = |child: &Value, rest: &str| {
        rest.starts_with(": ") || has_place(child, rest.strip_prefix('.').unwrap_or(rest))
    };
    match tree {
        Value::Object(fields) => {
            let known = fields.iter().any(|(name, child)| {
                error.strip_prefix(name.as_str()).is_some_and(|rest| goes_on(child, rest))
            });
            known || error.split_once(": ").is_some_and(|(place, _)| !place.contains(['.', '[']))
        }
        Value::Array(items) => items.iter().enumerate().any(|(index, child)| {
            error.strip_prefix(&format!("[{index}]")).is_some_and(|rest| goes_on(child, rest))
        }),
        _ => false,
    }
}

/// Returns the number of lists and objects around the innermost.
fn depth(tree: &Value) -> usize {
    match tree {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
