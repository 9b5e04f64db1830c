//! The tokens that a request takes, as JSON.

use std::borrow::Cow;
use std::fmt;

use proxy_filter::config::Invalid;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// The tokens that a request takes.
#[derive(Debug)]
pub(crate) enum CostConfig {
    /// A number, which is known when the request arrives.
    Tokens(u64),
    /// What the response says.
    Response(ResponseCost),
}

/// Where a response says what it costs.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResponseCost {
    /// The tokens are the value of this response header, a whole number.
    #[schemars(example = &"x-tokens")]
    pub(crate) response_header: Option<String>,
    /// The tokens are the number at this JSON pointer in the response's body, such as `/usage/total_tokens`: in the body as a
    /// whole, or in the last `data` line of server-sent events, or line of newline-delimited JSON, that has it. Needs the
    /// module `rate-limit-body`.
    #[schemars(example = &"/usage/total_tokens")]
    pub(crate) response_json: Option<String>,
    /// With `response_json`: the most bytes of the body, or of a line, that are read. Default: 65536.
    #[schemars(extend("minimum" = 1, "maximum" = 1_048_576, "default" = 65536))]
    pub(crate) max_bytes: Option<u32>,
    /// The tokens that a request takes if its response does not say, or never comes. Default: 1.
    #[schemars(extend("minimum" = 0, "default" = 1))]
    pub(crate) default: Option<u32>,
}

/// Written by hand, because serde's untagged enums add 10 KB to a module.
impl<'de> Deserialize<'de> for CostConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CostVisitor)
    }
}

struct CostVisitor;

impl<'de> Visitor<'de> for CostVisitor {
    type Value = CostConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or an object such as {\"response_header\": \"x-tokens\"}")
    }

    fn visit_u64<E: Error>(self, tokens: u64) -> Result<CostConfig, E> {
        match tokens {
            0 => Err(E::custom(Invalid::new(
                "0 would count nothing: give a number above 0, or remove the rule",
            ))),
            tokens => Ok(CostConfig::Tokens(tokens)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CostConfig, A::Error> {
        ResponseCost::deserialize(MapAccessDeserializer::new(map)).map(CostConfig::Response)
    }
}

impl JsonSchema for CostConfig {
    fn schema_name() -> Cow<'static, str> {
        "Cost".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let response = generator.subschema_for::<ResponseCost>();
        json_schema!({
            "description": "The tokens that a request takes: a number, or where its response says it.",
            "anyOf": [{"description": "A number of tokens.", "type": "integer", "minimum": 1}, response]
        })
    }
}
