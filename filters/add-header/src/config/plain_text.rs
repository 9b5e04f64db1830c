//! A plain-text configuration: the value of `hello`.
//!
//! Text that looks like other configuration, such as YAML or quoted JSON, is refused.

use proxy_filter::config::{ConfigError, protobuf_hint, without_byte_order_mark};
use proxy_filter::headers::HeaderValue;

/// Text that begins with one of these is configuration.
const BEGINNINGS: [&[u8]; 5] = [b"'{", b"\"{", b"'[", b"\"[", b"---"];

/// Fields of this and other filters' configurations that hold lists or objects.
const FIELDS: [&[u8]; 6] =
    [b"request", b"response", b"request_trailers", b"response_trailers", b"echo_config", b"rules"];

/// Fields that may come first in a rule.
const FIELDS_OF_RULES: [&[u8]; 2] = [b"name", b"action"];

/// Converts the text to a header value, without its trailing line breaks.
pub(super) fn value(configuration: &[u8]) -> Result<HeaderValue, ConfigError> {
    let text = without_byte_order_mark(configuration);
    let hint = protobuf_hint(configuration);
    if is_configuration(text) || !hint.is_empty() {
        return Err(ConfigError::new(format_args!(
            "this looks like configuration, but is neither JSON nor a text for the header `hello`: write JSON, or \
             inline YAML with google.protobuf.Struct{hint}"
        )));
    }
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last.saturating_add(1));
    HeaderValue::new(text.get(..end).unwrap_or_default()).map_err(|error| {
        ConfigError::new(format_args!(
            "a configuration that is not JSON becomes the value of the header `hello`, but {error}"
        ))
    })
}

/// Returns whether a text that is not JSON looks like configuration.
fn is_configuration(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
        || text.split(|byte| b"\r\n".contains(byte)).any(is_field)
}

/// Returns whether a YAML line sets one of the fields.
fn is_field(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let (line, is_item) = match line.strip_prefix(b"- ") {
        Some(item) => (item.trim_ascii_start(), true),
        None => (line, false),
    };
    let quote = line.first().copied().filter(|byte| b"'\"".contains(byte));
    let rest = line.get(usize::from(quote.is_some())..).unwrap_or_default();
    let end = rest.iter().position(|byte| !byte.is_ascii_lowercase() && *byte != b'_').unwrap_or(rest.len());
    let Some((name, rest)) = rest.split_at_checked(end) else { return false };
    let rest = match quote {
        Some(quote) => rest.strip_prefix(&[quote]).unwrap_or_default(),
        None => rest,
    };
    let is_value = matches!(rest, [b':'] | [b':', b' ' | b'\t' | b'[' | b'{', ..]);
    is_value && (FIELDS.contains(&name) || is_item && FIELDS_OF_RULES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_told_from_plain_text() {
        for text in [
            "'{\"response\": []}'",
            " \"{}\"",
            "\"[1]\"",
            "'[]'",
            "---\nresponse: []",
            "response:\n- name: a\n  value: b\n",
            "# mine\r\nresponse:\r\n- name: a",
            "echo_config: x-a",
            "  request_trailers:[]",
            "\"rules\": [",
            "'request':{",
            "- rules:",
            "- name: a",
            "-   action: set",
        ] {
            assert!(is_configuration(text.as_bytes()), "{text}");
        }
        for text in [
            "what ever you want",
            "hello: there",
            "a: b",
            "name: a",
            "my response: no",
            "response:no",
            "responses: [",
            "the rules:",
            "'response: a",
            "-",
            "'",
            "\"quoted\"",
            "-- a",
            "rules",
        ] {
            assert!(!is_configuration(text.as_bytes()), "{text}");
        }
    }
}
