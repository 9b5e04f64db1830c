//! The configuration that a module was made for.

use std::cell::RefCell;
use std::rc::Rc;

use crate::config::{self, ConfigError};
use crate::specialize::{Phase, Specialize};
use crate::sys::BufferType;
use crate::{buffer, logging};

/// What `proxy_filter_specialize` returns if the configuration is refused.
pub const REFUSED: u32 = u32::MAX;

/// The plan of a specialized module, and the configuration that it was made from. Empty in an ordinary module.
pub struct Preset<F: Specialize>(RefCell<Option<Made<F>>>);

struct Made<F: Specialize> {
    configuration: Vec<u8>,
    plan: Rc<F::Plan>,
}

/// Compiles the bytes of a configuration. Only the export `proxy_filter_plan` calls this, whose body the tool removes from a
/// specialized module, with all code that nothing else calls.
///
/// # Errors
/// The filter refuses the configuration.
pub fn plan<F: Specialize>(configuration: &[u8]) -> Result<Rc<F::Plan>, ConfigError> {
    F::plan(&config::decoded(configuration)).map(Rc::new)
}

impl<F: Specialize> Preset<F> {
    /// Creates the preset of an ordinary module.
    pub const fn empty() -> Self {
        Self(RefCell::new(None))
    }

    /// Configures a plugin. `plan` compiles its configuration in an ordinary module.
    ///
    /// # Errors
    /// The filter refuses the configuration, or the module was made for another one.
    pub fn configure(
        &self,
        configuration: &[u8],
        plan: impl FnOnce(&[u8]) -> Result<Rc<F::Plan>, ConfigError>,
    ) -> Result<F, ConfigError> {
        let plan = match &*self.0.borrow() {
            None => plan(configuration)?,
            Some(made)
                if trimmed(configuration).is_empty() || is_same(configuration, &made.configuration) =>
            {
                Rc::clone(&made.plan)
            }
            Some(made) => return Err(refusal(&made.configuration, configuration)),
        };
        F::start(plan)
    }

    /// Reads `size` bytes of configuration and keeps their plan. Returns which of the registered phases it needs, as
    /// [`Phase::is_in`] reads them, or [`REFUSED`].
    pub fn specialize(
        &self,
        size: usize,
        registered: &[&str],
        plan: impl FnOnce(&[u8]) -> Result<Rc<F::Plan>, ConfigError>,
    ) -> u32 {
        logging::refresh_level();
        let made = buffer::read(BufferType::PluginConfiguration, size).map_err(Into::into);
        let made = made.and_then(|configuration| Ok(Made { plan: plan(&configuration)?, configuration }));
        match made {
            Ok(made) => {
                let needed = Phase::named(registered).filter(|phase| F::needs(&made.plan, *phase));
                let needed = needed.fold(0, |set, phase| set | phase.bit());
                self.0.replace(Some(made));
                needed
            }
            Err(reason) => {
                logging::configuration_refused(&reason);
                REFUSED
            }
        }
    }
}

/// Returns whether two configurations are the same but for white space: between the tokens of JSON, or around plain text.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    normalized(one) == normalized(other)
}

/// Removes white space that has no meaning.
fn normalized(text: &[u8]) -> Vec<u8> {
    let text = trimmed(text);
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return text.to_vec();
    }
    let mut normalized = Vec::with_capacity(text.len());
    let (mut in_string, mut is_escaped, mut is_apart) = (false, false, false);
    for byte in text {
        if !in_string && is_white_space(*byte) {
            is_apart = true;
            continue;
        }
        // `1 0` is not `10`.
        if is_apart && is_word(*byte) && normalized.last().copied().is_some_and(is_word) {
            normalized.push(b' ');
        }
        is_apart = false;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
        normalized.push(*byte);
    }
    normalized
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_white_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_white_space(*last)
    {
        text = rest;
    }
    text
}

/// Returns whether a byte is white space in JSON.
fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Returns whether a byte outside of strings belongs to a number or a literal name.
fn is_word(byte: u8) -> bool {
    !matches!(byte, b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"')
}

fn refusal(made_for: &[u8], configuration: &[u8]) -> ConfigError {
    // The code that decodes protobuf is not in a specialized module.
    let form = match config::protobuf_hint(configuration) {
        "" => "",
        _ => " as text, in google.protobuf.StringValue",
    };
    let made_for = normalized(made_for);
    ConfigError::new(format_args!(
        "this module was made for one configuration, `{}`: pass that one{form}, pass none, or make a module for yours with \
         `cargo proxy-filter specialize`",
        String::from_utf8_lossy(&made_for)
    ))
}

#[cfg(test)]
mod tests;
