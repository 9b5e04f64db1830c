//! What serde reports, in JSON's terms: serde calls objects maps and lists sequences.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

use super::protobuf::MOST_EXACT;
use super::spelling::nearest;
use super::tree::Tree;
use super::{ConfigError, Invalid};

/// Why a value does not fit a type.
#[derive(Debug)]
pub(super) struct Refused(ConfigError);

/// serde's words for what a type expects, in JSON's terms.
const EXPECTED: [(&str, &str); 9] = [
    ("struct ", "an object, in braces"),
    ("enum ", "a name, in quotes"),
    ("a sequence", "a list, in brackets"),
    ("a map", "an object, in braces"),
    ("a string", "a string, in quotes"),
    ("u64", "a whole number that is not negative"),
    ("u32", "a whole number up to 4294967295"),
    ("u16", "a whole number up to 65535"),
    ("a boolean", "`true` or `false`"),
];

/// The words for what must not be in quotes.
const UNQUOTED: [&str; 4] = ["u64", "u32", "u16", "a boolean"];

impl Refused {
    #[inline(never)]
    pub(super) fn new(message: &dyn Display) -> Self {
        Self(ConfigError::new(message))
    }

    pub(super) fn in_field(self, name: &str) -> Self {
        Self(self.0.in_field(name))
    }

    pub(super) fn in_item(self, index: usize) -> Self {
        Self(self.0.in_item(index))
    }
}

impl From<Refused> for ConfigError {
    fn from(Refused(error): Refused) -> Self {
        error
    }
}

/// Refuses a value of the wrong type.
#[inline(never)]
pub(super) fn unexpected(found: &Tree, expected: &dyn Expected) -> Refused {
    let found = match found {
        Tree::Null => Unexpected::Unit,
        Tree::Bool(value) => Unexpected::Bool(*value),
        Tree::Whole(value) => Unexpected::Unsigned(*value),
        Tree::Negative(value) => Unexpected::Signed(*value),
        Tree::Fraction(value) => Unexpected::Float(*value),
        Tree::Text(text) => Unexpected::Str(text),
        Tree::List(_) => Unexpected::Seq,
        Tree::Object(_) => Unexpected::Map,
    };
    mismatch("type", found, expected)
}

#[inline(never)]
fn mismatch(what: &str, found: Unexpected<'_>, expected: &dyn Expected) -> Refused {
    let expected = expected.to_string();
    let quotes = match found {
        Unexpected::Str(_) if UNQUOTED.contains(&expected.as_str()) => ", without quotes",
        _ => "",
    };
    let known =
        EXPECTED.iter().find(|(word, _)| expected == *word || is_kind(word) && expected.starts_with(word));
    let expected = known.map_or(expected.as_str(), |(_, words)| words);
    Refused::new(&format_args!("invalid {what}: {}, expected {expected}{quotes}", Found(found)))
}

/// Returns whether a word of serde's precedes the name of a type.
fn is_kind(word: &str) -> bool {
    word.ends_with(' ')
}

struct Found<'a>(Unexpected<'a>);

impl Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit => f.write_str("null"),
            Unexpected::Bool(value) => write!(f, "boolean `{value}`"),
            Unexpected::Unsigned(value) => write!(f, "integer `{value}`"),
            Unexpected::Signed(value) => write!(f, "integer `{value}`"),
            Unexpected::Str(text) => write!(f, "string \"{text}\""),
            Unexpected::Seq => f.write_str("list"),
            Unexpected::Map => f.write_str("object"),
            // Without its digits: Rust's code that formats floating-point numbers is larger than the rest of this folder.
            Unexpected::Float(value) if value.abs() > MOST_EXACT => f.write_str("a number that is too large"),
            Unexpected::Float(_) => f.write_str("a number with a fraction or an exponent"),
            Unexpected::Other(words) => f.write_str(words),
            _ => f.write_str("another kind of value"),
        }
    }
}

/// Describes the names that a type knows.
#[inline(never)]
fn unknown(what: &str, name: &str, known: &'static [&'static str]) -> Refused {
    let guess = nearest(name, known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    let names = match known {
        [] => "nothing".into(),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` or `{other}`"),
        _ => format!("one of `{}`", known.join("`, `")),
    };
    Refused::new(&format_args!("unknown {what} `{name}`{guess}, expected {names}"))
}

impl Error for Refused {
    /// Takes the errors of types that check themselves, which serde passes on as text.
    fn custom<T: Display>(message: T) -> Self {
        custom(&message)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        mismatch("type", found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        mismatch("value", found, expected)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        unknown("variant", name, known)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        unknown("field", name, known)
    }
}

#[inline(never)]
fn custom(message: &dyn Display) -> Refused {
    let text = message.to_string();
    Refused(Invalid::parse(&text).unwrap_or_else(|| ConfigError::new(text)))
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}
