//! Changes JSON as a tree: bytes that libFuzzer changes are seldom JSON afterwards.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Values that are seldom right. Schemas have those that are.
const ODD: &[&str] = &[
    "",
    " ",
    "\r\n",
    "\u{0}",
    "é",
    "%",
    "%REQ(:path)%",
    "%ATTR(source.address)%",
    "%%",
    "$1",
    "${0}",
    "\\1",
    "(a|b)*",
    "[",
    "/",
    "//",
    "/../",
    "/{a}/{b}",
    "?",
    "*",
    "*.a",
    "::/0",
    "10.0.0.0/33",
    "1s",
    "1h",
    "0s",
    "1ns",
    "18446744073709551616s",
    "host",
    ":authority",
    "content-length",
    "x-a",
    "0",
    "-1",
];

/// The names and values that a schema knows.
#[derive(Debug)]
pub struct Vocabulary {
    names: Vec<String>,
    values: Vec<Value>,
}

impl Vocabulary {
    /// Collects them from the text of a schema.
    ///
    /// # Panics
    /// The schema is not JSON.
    pub fn of(schema: &str) -> Self {
        let schema: Value = serde_json::from_str(schema).expect("schemas are JSON");
        let (mut names, mut values) = (BTreeSet::new(), Vec::new());
        collect(&schema, &mut names, &mut values);
        values.extend(ODD.iter().map(|text| json!(text)));
        values.extend([0, 1, 2, 1 << 32, i64::MAX].map(|number| json!(number)));
        values.extend([
            json!(-1),
            json!(1.5),
            json!(u64::MAX),
            json!(null),
            json!(true),
            json!([]),
            json!({}),
        ]);
        Self { names: names.into_iter().collect(), values }
    }
}

fn collect(schema: &Value, names: &mut BTreeSet<String>, values: &mut Vec<Value>) {
    if let Value::Object(fields) = schema {
        for (name, field) in fields {
            match (name.as_str(), field) {
                ("properties", Value::Object(properties)) => names.extend(properties.keys().cloned()),
                ("enum" | "examples", Value::Array(items)) => values.extend(items.iter().cloned()),
                ("const" | "default", value) => values.push(value.clone()),
                _ => {}
            }
        }
    }
    children(schema).into_iter().for_each(|child| collect(child, names, values));
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// A generator of random numbers (splitmix64).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// Returns a number below another.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from(mixed >> 33).unwrap_or_default() % end.max(1)
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// Changes a place of a tree.
pub fn mutate(tree: &mut Value, words: &Vocabulary, random: &mut Random) {
    let donor = {
        let place = random.below(size(tree));
        nth(tree, &mut place.clone()).cloned().unwrap_or_default()
    };
    let place = random.below(size(tree));
    if let Some(node) = nth_mut(tree, &mut place.clone()) {
        change(node, donor, words, random);
    }
}

fn change(node: &mut Value, donor: Value, words: &Vocabulary, random: &mut Random) {
    let word = words.values.get(random.below(words.values.len())).cloned().unwrap_or_default();
    let value = if random.below(3) == 0 { donor } else { word };
    match (node, random.below(8)) {
        (Value::Object(fields), 0..=2) => {
            let name = random.of(&words.names).cloned().unwrap_or_default();
            fields.insert(name, value);
        }
        (Value::Object(fields), 3..=5) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let Some(name) = random.of(&names) else { return };
            let Some(old) = fields.remove(name) else { return };
            if random.below(2) == 0 {
                fields.insert(random.of(&words.names).cloned().unwrap_or_default(), old);
            }
        }
        (Value::Array(items), 0..=2) => items.insert(random.below(items.len() + 1), value),
        (Value::Array(items), 3..=5) if !items.is_empty() => {
            let place = random.below(items.len());
            if random.below(2) == 0 {
                items.remove(place);
            } else {
                items.push(items[place].clone());
            }
        }
        (Value::String(text), 0..=3) => splice(text, &value, random),
        (node, 6) => {
            let inner = node.take();
            *node = match random.below(2) {
                0 => json!([inner]),
                _ => {
                    let name = random.of(&words.names).cloned().unwrap_or_default();
                    Value::Object(Map::from_iter([(name, inner)]))
                }
            };
        }
        (node, _) => *node = value,
    }
}

/// Replaces a part of a text by another text or by a character.
fn splice(text: &mut String, value: &Value, random: &mut Random) {
    let chars: Vec<char> = text.chars().collect();
    let start = random.below(chars.len() + 1);
    let end = start + random.below(chars.len() - start + 1).min(random.below(4));
    let inserted = match value {
        Value::String(other) if random.below(2) == 0 => other.clone(),
        _ => {
            let byte = u8::try_from(random.below(128)).unwrap_or_default();
            char::from(byte).to_string()
        }
    };
    let (head, tail) = (&chars[..start], &chars[end..]);
    *text = head.iter().chain(inserted.chars().collect::<Vec<_>>().iter()).chain(tail).collect();
}

/// Returns the number of values in a tree.
fn size(tree: &Value) -> usize {
    1 + children(tree).into_iter().map(size).sum::<usize>()
}

fn nth<'a>(tree: &'a Value, place: &mut usize) -> Option<&'a Value> {
    if *place == 0 {
        return Some(tree);
    }
    *place -= 1;
    children(tree).into_iter().find_map(|child| nth(child, place))
}

fn nth_mut<'a>(tree: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(tree);
    }
    *place -= 1;
    match tree {
        Value::Array(items) => items.iter_mut().find_map(|child| nth_mut(child, place)),
        Value::Object(fields) => fields.values_mut().find_map(|child| nth_mut(child, place)),
        _ => None,
    }
}
