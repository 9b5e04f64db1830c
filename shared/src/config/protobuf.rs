//! Decodes configurations that Envoy passes on as protobuf: a `google.protobuf.Struct` or a `TypedStruct`.
//!
//! The decoder accepts only what serializers write, so it never mistakes plain text for protobuf: each tag is one byte,
//! and every message contains the tag 0x12, a control character.

use std::borrow::Cow;
use std::io::Write;

use super::decimal::decimal;

/// The maximum nesting depth of structs and lists.
const MOST_NESTED: usize = 100;

/// The largest integer up to which a double represents every integer.
pub(super) const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

// Tags: the field number and the wire type.
const FIRST_CHUNK: u8 = 0x0a;
const SECOND_CHUNK: u8 = 0x12;
const NULL: u8 = 0x08;
const NUMBER: u8 = 0x11;
const TEXT: u8 = 0x1a;
const BOOLEAN: u8 = 0x20;
const STRUCT: u8 = 0x2a;
const LIST: u8 = 0x32;

/// Converts a serialized `google.protobuf.Struct` or `xds.type.v3.TypedStruct` to JSON; `None` for everything else.
/// Envoy passes these to a filter whose configuration is inline YAML.
///
/// The JSON has sorted names, no white space, and the last value of a name that is repeated.
///
/// ```
/// # use proxy_filter::config::from_protobuf;
/// let bytes = b"\x0a\x12\x0a\x05limit\x12\x09\x11\0\0\0\0\0\0\x14\x40";
/// assert_eq!(from_protobuf(bytes).as_deref(), Some(br#"{"limit":5}"#.as_slice()));
/// assert_eq!(from_protobuf(br#"{"limit": 5}"#), None);
/// ```
#[inline(never)]
pub fn from_protobuf(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.is_empty() {
        return None;
    }
    let mut json = Vec::new();
    if write_struct(bytes, 1, &mut json).is_none() {
        json.clear();
        write_struct(typed(bytes)?, 1, &mut json)?;
    }
    Some(json)
}

/// Returns a configuration as filters read it: JSON if the host gives protobuf, and otherwise the bytes themselves.
pub(crate) fn decoded(configuration: &[u8]) -> Cow<'_, [u8]> {
    from_protobuf(configuration).map_or(Cow::Borrowed(configuration), Cow::Owned)
}

/// Returns the struct inside a typed struct, after its type URL if there is one.
fn typed(mut bytes: &[u8]) -> Option<&[u8]> {
    if bytes.first() == Some(&FIRST_CHUNK) {
        std::str::from_utf8(chunk(&mut bytes, FIRST_CHUNK)?).ok()?;
    }
    let value = chunk(&mut bytes, SECOND_CHUNK)?;
    bytes.is_empty().then_some(value)
}

fn write_struct(mut bytes: &[u8], depth: usize, json: &mut Vec<u8>) -> Option<()> {
    // In the order of their names. A map's code would be 6 KB of every module.
    let mut fields: Vec<(&str, &[u8])> = Vec::new();
    while !bytes.is_empty() {
        let mut entry = chunk(&mut bytes, FIRST_CHUNK)?;
        let name = match entry.first() {
            // Serializers omit an empty name.
            Some(&SECOND_CHUNK) => b"",
            _ => chunk(&mut entry, FIRST_CHUNK)?,
        };
        let value = chunk(&mut entry, SECOND_CHUNK)?;
        if !entry.is_empty() {
            return None;
        }
        let name = std::str::from_utf8(name).ok()?;
        match fields.binary_search_by_key(&name, |(name, _)| name) {
            Err(place) => fields.insert(place, (name, value)),
            Ok(place) => {
                let (_, earlier) = std::mem::replace(fields.get_mut(place)?, (name, value));
                write_value(earlier, depth, &mut Vec::new())?;
            }
        }
    }
    json.push(b'{');
    for (position, (name, value)) in fields.into_iter().enumerate() {
        separate(position, json);
        write_text(name, json);
        json.push(b':');
        write_value(value, depth, json)?;
    }
    json.push(b'}');
    Some(())
}

fn write_list(mut bytes: &[u8], depth: usize, json: &mut Vec<u8>) -> Option<()> {
    let mut position = 0_usize;
    json.push(b'[');
    while !bytes.is_empty() {
        separate(position, json);
        write_value(chunk(&mut bytes, FIRST_CHUNK)?, depth, json)?;
        position = position.saturating_add(1);
    }
    json.push(b']');
    Some(())
}

/// Writes a value, which must have exactly one kind.
fn write_value(mut bytes: &[u8], depth: usize, json: &mut Vec<u8>) -> Option<()> {
    let deeper = || depth.checked_add(1).filter(|depth| *depth <= MOST_NESTED);
    match (*bytes.first()?, bytes.get(1..)?) {
        (NULL, [0]) => json.extend(b"null"),
        (BOOLEAN, [0]) => json.extend(b"false"),
        (BOOLEAN, [1]) => json.extend(b"true"),
        (NUMBER, number) => write_number(f64::from_le_bytes(number.try_into().ok()?), json)?,
        (kind @ (TEXT | STRUCT | LIST), _) => {
            let content = chunk(&mut bytes, kind)?;
            if !bytes.is_empty() {
                return None;
            }
            match kind {
                TEXT => write_text(std::str::from_utf8(content).ok()?, json),
                STRUCT => write_struct(content, deeper()?, json)?,
                _ => write_list(content, deeper()?, json)?,
            }
        }
        _ => return None,
    }
    Some(())
}

/// Writes a number with all of its digits. Writing to a vector cannot fail.
fn write_number(number: f64, json: &mut Vec<u8>) -> Option<()> {
    if number.trunc() == number && number.abs() <= MOST_EXACT {
        return write!(json, "{}", number as i64).ok();
    }
    json.extend(decimal(number)?);
    Some(())
}

#[inline(never)]
fn write_text(text: &str, json: &mut Vec<u8>) {
    json.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend([b'\\', byte]),
            0..0x20 => _ = write!(json, "\\u{byte:04x}"),
            _ => json.push(byte),
        }
    }
    json.push(b'"');
}

fn separate(position: usize, json: &mut Vec<u8>) {
    if position > 0 {
        json.push(b',');
    }
}

/// Reads a tag and the length-delimited bytes after it.
#[inline(never)]
fn chunk<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let mut rest = bytes.strip_prefix(&[tag])?;
    let mut length = 0_usize;
    // A message is shorter than 2 GiB.
    for shift in [0, 7, 14, 21, 28] {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            let (content, after) = rest.split_at_checked(length)?;
            *bytes = after;
            return Some(content);
        }
    }
    None
}

/// Returns a hint to append to an error if the configuration looks like protobuf, or an empty text. Envoy passes on
/// messages of other types in serialized form. Unlike text, these contain control characters or are not UTF-8.
///
/// ```
/// # use proxy_filter::config::protobuf_hint;
/// assert_eq!(protobuf_hint(b"{}"), "");
/// assert_eq!(protobuf_hint(b"\n{\r\n\t}"), "");
/// assert!(protobuf_hint(b"\x0a\x0f\x0a\x04name").contains("google.protobuf.StringValue"));
/// ```
pub fn protobuf_hint(configuration: &[u8]) -> &'static str {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // A message with a single string, whose length byte may look like a letter.
    let is_one_chunk = match configuration {
        [FIRST_CHUNK, length, text @ ..] => usize::from(*length) == text.len() && !text.is_empty(),
        _ => false,
    };
    let is_text = !configuration.iter().any(is_control) && std::str::from_utf8(configuration).is_ok();
    match is_text && !is_one_chunk {
        true => "",
        false => {
            "; it looks like protobuf: use google.protobuf.StringValue, google.protobuf.Struct or \
             xds.type.v3.TypedStruct"
        }
    }
}

#[cfg(test)]
mod tests;
