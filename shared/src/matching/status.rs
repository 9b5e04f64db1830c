//! Tests of the response's status.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::config::Invalid;

/// A status, or a class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StatusTest {
    One(u16),
    /// The statuses with this first digit.
    Class(u16),
}

impl StatusTest {
    pub(super) fn holds(self, status: u16) -> bool {
        match self {
            Self::One(expected) => status == expected,
            Self::Class(digit) => status.checked_div(100) == Some(digit),
        }
    }
}

/// Written by hand, because serde's untagged enums add 10 KB to a module.
impl<'de> Deserialize<'de> for StatusTest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

struct StatusVisitor;

impl Visitor<'_> for StatusVisitor {
    type Value = StatusTest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status, such as 404, or a class, such as \"5xx\"")
    }

    fn visit_u64<E: Error>(self, status: u64) -> Result<StatusTest, E> {
        match u16::try_from(status) {
            Ok(status @ 100..=599) => Ok(StatusTest::One(status)),
            _ => Err(invalid(&status)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<StatusTest, E> {
        match (text.as_bytes(), text.parse()) {
            ([digit @ b'1'..=b'5', b'x', b'x'], _) => {
                Ok(StatusTest::Class(u16::from(digit.wrapping_sub(b'0'))))
            }
            ([b'1'..=b'5', _, _], Ok(status)) => Ok(StatusTest::One(status)),
            _ => Err(invalid(&text)),
        }
    }
}

fn invalid<E: Error>(status: &dyn fmt::Display) -> E {
    E::custom(Invalid::new(format_args!(
        "`{status}` is not a status: give 100 to 599, or a class such as `\"5xx\"`"
    )))
}

impl JsonSchema for StatusTest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A status, such as `404`, or a class, such as `\"5xx\"`.",
            "anyOf": [
                {"description": "One status.", "type": "integer", "minimum": 100, "maximum": 599},
                {
                    "description": "A status in quotes, or every status with the same first digit.",
                    "type": "string",
                    "pattern": "^[1-5](xx|[0-9]{2})$"
                }
            ]
        })
    }
}
