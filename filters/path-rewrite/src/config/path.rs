//! Paths in configurations.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

use super::regex::PathRegex;
use crate::{path_template, safety};

/// A path without a query.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) struct Path(String);

impl Path {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Removes trailing slashes, so that the path ends at a segment boundary.
    pub(crate) fn into_segments(mut self) -> Vec<u8> {
        self.0.truncate(self.0.trim_end_matches('/').len());
        self.0.into_bytes()
    }
}

impl TryFrom<String> for Path {
    type Error = Invalid;

    fn try_from(path: String) -> Result<Self, Invalid> {
        if !path.starts_with('/') {
            return Err(Invalid::new(format_args!(
                "`{path}` does not begin with a slash, as every path does"
            )));
        }
        match path.bytes().find(|byte| *byte == b'?' || safety::is_refused(*byte)) {
            Some(byte) => Err(Invalid::new(safety::advice(byte))),
            None => Ok(Self(path)),
        }
    }
}

/// A path template, such as `/users/{id}`, converted to a regex.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "Path")]
pub(crate) struct PathTemplate(pub(crate) PathRegex);

impl TryFrom<Path> for PathTemplate {
    type Error = Invalid;

    fn try_from(template: Path) -> Result<Self, Invalid> {
        let regex = path_template::to_regex(&template.0).map_err(Invalid::new)?;
        regex.try_into().map(Self)
    }
}
