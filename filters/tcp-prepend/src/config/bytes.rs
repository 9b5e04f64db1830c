//! Bytes as text, hexadecimal digits or base64.

use data_encoding::{BASE64, DecodeKind, HEXLOWER_PERMISSIVE};
use proxy_filter::config::{ConfigError, Invalid};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::payload::LIMIT;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(super) struct Text(pub(super) Vec<u8>);

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(super) struct Hex(pub(super) Vec<u8>);

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(super) struct Base64(pub(super) Vec<u8>);

impl TryFrom<String> for Text {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        check_size(text.len())?;
        Ok(Self(text.into_bytes()))
    }
}

impl TryFrom<String> for Hex {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = without_white_space(
            &text,
            |c| c.is_ascii_hexdigit(),
            "is not a hexadecimal digit: write two digits from 0 to f for each byte",
        )?;
        let odd = |_| {
            Invalid::new(format_args!("odd number of digits ({}): write two for each byte", digits.len()))
        };
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(odd)?;
        check_size(bytes.len())?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Base64 {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let symbols = without_white_space(
            &text,
            |c| c.is_ascii_alphanumeric() || "+/=".contains(c),
            "is not a base64 character: use letters, digits, `+` and `/`, and `=` at the end",
        )?;
        let is_padded_within = symbols.trim_end_matches('=').contains('=');
        match BASE64.decode(symbols.as_bytes()) {
            Ok(bytes) if !is_padded_within => {
                check_size(bytes.len())?;
                Ok(Self(bytes))
            }
            Err(error) if error.kind == DecodeKind::Trailing => Err(Invalid::new(
                "the last character has bits beyond the last byte: check that the text is complete",
            )),
            _ => Err(Invalid::new(
                "incomplete: write four characters for every three bytes, with `=` only in the last four",
            )),
        }
    }
}

/// Removes white space, which has no meaning here. `wrong` describes any other character.
fn without_white_space(text: &str, is_symbol: fn(char) -> bool, wrong: &str) -> Result<String, Invalid> {
    let symbols: String = text.split_ascii_whitespace().collect();
    match symbols.chars().find(|c| !is_symbol(*c)) {
        Some(other) => Err(Invalid::new(format_args!("`{}` {wrong}", other.escape_debug()))),
        None => Ok(symbols),
    }
}

pub(super) fn check_size(size: usize) -> Result<(), ConfigError> {
    match size {
        0 => Err(ConfigError::new("empty: give the bytes to send, or remove the direction")),
        1..=LIMIT => Ok(()),
        _ => Err(ConfigError::new(format_args!("{size} bytes: a payload may have {LIMIT} at most"))),
    }
}
