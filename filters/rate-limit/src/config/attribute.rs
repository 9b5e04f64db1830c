//! An attribute as JSON: a name with dots, or a list of segments.

use proxy_filter::config::{Invalid, OneOrMany};
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

/// An attribute that has a value when the request arrives.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "OneOrMany<String>", description = "")]
#[serde(try_from = "OneOrMany<String>")]
pub(crate) struct Attribute {
    /// With dots between the segments.
    pub(crate) name: String,
    pub(crate) value: Template,
}

impl TryFrom<OneOrMany<String>> for Attribute {
    type Error = Invalid;

    fn try_from(given: OneOrMany<String>) -> Result<Self, Invalid> {
        let is_list = given.is_list();
        let segments = given.into_vec();
        let name = segments.join(".");
        let value =
            if is_list { Template::of_attribute_at(&segments) } else { Template::of_attribute(&name) };
        Ok(Self { name, value: value? })
    }
}
