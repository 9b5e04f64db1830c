//! A new host as JSON: a text, or a replacement by a regex.

use std::borrow::Cow;
use std::fmt;

use proxy_filter::config::ConfigError;
use proxy_filter::target::is_host;
use regex_replace::Search;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::regex::PathRegex;
use crate::host::{HostRewrite, is_authority, is_ipv4_shorthand};
use crate::replacement::Replacement;

/// A host, or a replacement in the request's host. [`compile`](Self::compile) checks it.
#[derive(Debug)]
pub(crate) enum HostConfig {
    Literal(String),
    Regex { regex: String, replace: String },
}

/// Where a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a rule, where it may have a port.
    Rule,
    /// In a redirect, which has a field for the port.
    Redirect,
}

impl HostConfig {
    /// Compiles the new host.
    ///
    /// # Errors
    /// It can never be a host, or the regex or its replacement is wrong.
    #[inline(never)]
    pub(crate) fn compile(self, place: Place) -> Result<HostRewrite, ConfigError> {
        let (regex, replace) = match self {
            Self::Literal(host) => return literal(host, place).map(HostRewrite::Literal),
            Self::Regex { regex, replace } => (regex, replace),
        };
        let regex = PathRegex::try_from(regex).map_err(|error| ConfigError::from(error).in_field("regex"))?;
        let replacement =
            check_replace(&replace, place).and_then(|()| Replacement::parse(&replace, &regex.0));
        let replacement = replacement.map_err(|error| error.in_field("replace"))?;
        Ok(HostRewrite::Regex { search: Search::new(regex.0), replacement })
    }
}

fn literal(host: String, place: Place) -> Result<String, ConfigError> {
    if is_authority(&host, place == Place::Rule) {
        return Ok(host);
    }
    Err(match is_host(&host) && is_ipv4_shorthand(&host) {
        true => ConfigError::new(format_args!(
            "clients expand `{host}` to another IPv4 address: write all four numbers, as in `127.0.0.1`"
        )),
        false => not_a_host(&host, place),
    })
}

/// Refuses replacements that never give a host.
fn check_replace(replace: &str, place: Place) -> Result<(), ConfigError> {
    let belongs = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-_.${}".contains(&byte) || byte == b':' && place == Place::Rule
    };
    if replace.bytes().all(belongs) { Ok(()) } else { Err(not_a_host(replace, place)) }
}

fn not_a_host(text: &str, place: Place) -> ConfigError {
    let example = match place {
        Place::Rule => "`backend.example`, `backend.example:8080` or `[::1]`",
        Place::Redirect => "`docs.example.com` or `[::1]`, and use `port` for the port",
    };
    ConfigError::new(format_args!("`{text}` is not a host: write it like {example}"))
}

impl<'de> Deserialize<'de> for HostConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HostVisitor)
    }
}

const FIELDS: [&str; 2] = ["regex", "replace"];

struct HostVisitor;

/// serde's untagged enums lose the paths of errors.
impl<'de> Visitor<'de> for HostVisitor {
    type Value = HostConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a host, or an object such as {"regex": "^www\\.(.+)$", "replace": "$1"}"#)
    }

    fn visit_str<E>(self, host: &str) -> Result<HostConfig, E> {
        Ok(HostConfig::Literal(host.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HostConfig, A::Error> {
        let mut values = FIELDS.map(|_| None);
        while let Some(name) = map.next_key::<String>()? {
            let found = FIELDS.iter().zip(&mut values).find(|(field, _)| **field == name);
            let (field, value) = found.ok_or_else(|| A::Error::unknown_field(&name, &FIELDS))?;
            if value.replace(map.next_value::<String>()?).is_some() {
                return Err(A::Error::duplicate_field(field));
            }
        }
        match values {
            [Some(regex), Some(replace)] => Ok(HostConfig::Regex { regex, replace }),
            [None, _] => Err(A::Error::missing_field("regex")),
            [_, None] => Err(A::Error::missing_field("replace")),
        }
    }
}

/// The JSON as the schema shows it.
#[derive(JsonSchema)]
#[schemars(untagged, deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is made from it")]
enum Forms {
    /// The host.
    Literal(String),
    /// Replaces the regex's matches in the request's host, which is in lower case and without its port. The rule applies
    /// only to hosts that match.
    Regex {
        /// A regular expression. Syntax of the Rust crate `regex`, 256 KiB at most once compiled.
        #[schemars(example = &"^www\\.(.+)$")]
        regex: String,
        /// The replacement, in which `$1` and `${name}` are groups.
        #[schemars(example = &"$1")]
        replace: String,
    },
}

impl JsonSchema for HostConfig {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Host".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Forms::json_schema(generator)
    }
}
