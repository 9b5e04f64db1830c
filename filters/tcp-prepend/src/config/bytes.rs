//! Decodes bytes from hexadecimal digits or base64.

use base64ct::{Base64, Encoding};
use proxy_filter::config::ConfigError;

use crate::unavailable::LIMIT;

pub(super) fn from_hex(text: &str) -> Result<Vec<u8>, ConfigError> {
    let wrong = "is not a hexadecimal digit: write two digits from 0 to f for each byte";
    let digits = without_white_space(text, |c| c.is_ascii_hexdigit(), wrong)?;
    base16ct::mixed::decode_vec(&digits).map_err(|_| {
        ConfigError::new(format_args!("odd number of digits ({}): write two for each byte", digits.len()))
    })
}

pub(super) fn from_base64(text: &str) -> Result<Vec<u8>, ConfigError> {
    let wrong = "is not a base64 character: use letters, digits, `+` and `/`, and `=` at the end";
    let is_symbol = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let symbols = without_white_space(text, is_symbol, wrong)?;
    let padding = symbols.bytes().rev().take_while(|symbol| *symbol == b'=').count();
    let is_padded_within = symbols.trim_end_matches('=').contains('=');
    if symbols.len() % 4 != 0 || padding > 2 || is_padded_within {
        return Err(ConfigError::new(
            "incomplete: write four characters for every three bytes, with `=` only in the last four",
        ));
    }
    Base64::decode_vec(&symbols).map_err(|_| {
        ConfigError::new("the last character has bits beyond the last byte: check that the text is complete")
    })
}

/// Removes white space, which has no meaning here. `wrong` describes any other character.
fn without_white_space(text: &str, is_symbol: fn(char) -> bool, wrong: &str) -> Result<String, ConfigError> {
    let symbols: String = text.split_ascii_whitespace().collect();
    match symbols.chars().find(|c| !is_symbol(*c)) {
        Some(other) => Err(ConfigError::new(format_args!("`{other}` {wrong}"))),
        None => Ok(symbols),
    }
}

/// Checks the size of a payload.
pub(super) fn check_size(size: usize) -> Result<(), ConfigError> {
    match size {
        0 => Err(ConfigError::new("empty: give the bytes to send, or remove the direction")),
        1..=LIMIT => Ok(()),
        _ => Err(ConfigError::new(format_args!("{size} bytes: a payload may have {LIMIT} at most"))),
    }
}
