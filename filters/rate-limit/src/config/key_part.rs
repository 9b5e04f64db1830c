//! A part of a key as JSON: exactly one of several fields.

use limits::PrefixesConfig;
use proxy_filter::config::{ConfigError, Invalid, OneOrMany};
use proxy_filter::headers::HeaderName;
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

use super::path::PathClasses;
use crate::key::PathClass;

/// A part of a key.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    rename = "KeyPart",
    with = "Fields",
    description = "A part of a key: exactly one of these fields."
)]
#[serde(try_from = "Fields")]
pub(crate) enum KeyPartConfig {
    ClientIp(PrefixesConfig),
    Header(HeaderName),
    Path(Vec<PathClass>),
    Method,
    Query(String),
    Cookie(String),
    /// Its name, with dots between the segments, and its value.
    Attribute(String, Template),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a part of a key, such as {\"client_ip\": {}}")]
struct Fields {
    /// The client's address, optionally with its own prefixes.
    client_ip: Option<PrefixesConfig>,
    /// The first value of this request header.
    #[schemars(example = &"x-api-key")]
    header: Option<String>,
    /// The path, without the query: write `{}`, or the classes of paths that count as one.
    path: Option<PathClasses>,
    /// The method: write `{}`.
    method: Option<Empty>,
    /// The first query parameter of this name.
    query: Option<String>,
    /// The first cookie of this name.
    cookie: Option<String>,
    /// The name of an Envoy attribute, such as `xds.route_name`, or the list of its segments, which may contain dots.
    #[schemars(example = &"xds.route_name")]
    attribute: Option<OneOrMany<String>>,
}

/// No fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "{}")]
struct Empty {}

impl TryFrom<Fields> for KeyPartConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let given = [
            ("client_ip", fields.client_ip.is_some()),
            ("header", fields.header.is_some()),
            ("path", fields.path.is_some()),
            ("method", fields.method.is_some()),
            ("query", fields.query.is_some()),
            ("cookie", fields.cookie.is_some()),
            ("attribute", fields.attribute.is_some()),
        ];
        let mut names = given.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name);
        let field = match (names.next(), names.next()) {
            (Some(field), None) => field,
            (None, _) => {
                return Err(Invalid::new(
                    r#"give a part, such as {"client_ip": {}}; for one bucket for all requests, make the list empty"#,
                ));
            }
            (Some(one), Some(other)) => {
                return Err(Invalid::new(format_args!(
                    r#"give each part its own object: [{{"{one}": ...}}, {{"{other}": ...}}] counts by both"#
                )));
            }
        };
        let part = match fields {
            Fields { client_ip: Some(prefixes), .. } => Ok(Self::ClientIp(prefixes)),
            Fields { header: Some(name), .. } => header(&name),
            Fields { path: Some(PathClasses(classes)), .. } => Ok(Self::Path(classes)),
            Fields { query: Some(name), .. } => query(name),
            Fields { cookie: Some(name), .. } => cookie(name),
            Fields { attribute: Some(name), .. } => attribute(name),
            _ => Ok(Self::Method),
        };
        part.map_err(|error| error.in_field(field).into())
    }
}

/// Finds a request header, or a request's pseudo-header.
fn header(name: &str) -> Result<KeyPartConfig, ConfigError> {
    const PSEUDO: [&str; 4] = [":method", ":path", ":authority", ":scheme"];
    let name = HeaderName::readable(name).map_err(ConfigError::from)?;
    match name.as_str().starts_with(':') && !PSEUDO.contains(&name.as_str()) {
        true => Err(ConfigError::new(format_args!(
            "`{name}` is not a request header: the pseudo-headers are {}",
            PSEUDO.join(", ")
        ))),
        false => Ok(KeyPartConfig::Header(name)),
    }
}

/// Checks the name of a query parameter.
fn query(name: String) -> Result<KeyPartConfig, ConfigError> {
    match name.is_empty() {
        true => Err(ConfigError::new("empty: give the name of the parameter")),
        false => Ok(KeyPartConfig::Query(name)),
    }
}

/// Checks the name of a cookie.
fn cookie(name: String) -> Result<KeyPartConfig, ConfigError> {
    let is_separator = |c: char| matches!(c, '=' | ';' | ',') || c.is_whitespace();
    if name.is_empty() {
        return Err(ConfigError::new("empty: give the name of the cookie"));
    }
    match name.chars().any(is_separator) {
        true => Err(ConfigError::new(format_args!(
            "`{name}` is not a cookie name: remove `=`, `;`, `,` and white space"
        ))),
        false => Ok(KeyPartConfig::Cookie(name)),
    }
}

/// What Envoy's jwt_authn writes: claims, below a key of the filter's configuration.
const CLAIMS: &str = "metadata.filter_metadata.envoy.filters.http.jwt_authn.";

/// Finds an attribute that has a value when the request arrives, by its name or its segments.
fn attribute(given: OneOrMany<String>) -> Result<KeyPartConfig, ConfigError> {
    let name = given.into_vec().join("\0");
    // As text, all but the last segment would be the name of a filter, which has no metadata.
    if name.strip_prefix(CLAIMS).is_some_and(|rest| rest.contains('.')) {
        return Err(ConfigError::new(
            "a claim needs a list: [\"metadata\", \"filter_metadata\", \"envoy.filters.http.jwt_authn\", \"payload\", \"sub\"]",
        ));
    }
    let value = Template::of_attribute(&name)?;
    Ok(KeyPartConfig::Attribute(name.replace('\0', "."), value))
}
