//! A part of a key as JSON: exactly one of several fields.

use limits::PrefixesConfig;
use proxy_filter::config::Invalid;
use proxy_filter::headers::{HeaderName, ReadableHeaderName};
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

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
    Path,
    Method,
    Query(String),
    Cookie(String),
    Attribute(Attribute),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a part of a key, such as {\"client_ip\": {}}")]
struct Fields {
    /// The client's address, optionally with its own prefixes.
    client_ip: Option<PrefixesConfig>,
    /// The first value of this request header.
    #[schemars(example = &"x-api-key")]
    header: Option<Header>,
    /// The path, without the query: write `{}`.
    path: Option<Empty>,
    /// The method: write `{}`.
    method: Option<Empty>,
    /// The first query parameter of this name.
    query: Option<Parameter>,
    /// The first cookie of this name.
    cookie: Option<Cookie>,
    /// An Envoy attribute, such as `xds.route_name`.
    #[schemars(example = &"xds.route_name")]
    attribute: Option<Attribute>,
}

/// No fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "{}")]
struct Empty {}

impl TryFrom<Fields> for KeyPartConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let Fields { client_ip, header, path, method, query, cookie, attribute } = fields;
        let given = [
            client_ip.map(|prefixes| ("client_ip", Self::ClientIp(prefixes))),
            header.map(|Header(name)| ("header", Self::Header(name))),
            path.map(|Empty {}| ("path", Self::Path)),
            method.map(|Empty {}| ("method", Self::Method)),
            query.map(|Parameter(name)| ("query", Self::Query(name))),
            cookie.map(|Cookie(name)| ("cookie", Self::Cookie(name))),
            attribute.map(|attribute| ("attribute", Self::Attribute(attribute))),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some((_, part)), None) => Ok(part),
            (None, _) => Err(Invalid::new(
                r#"give a part, such as {"client_ip": {}}; for one bucket for all requests, make the list empty"#,
            )),
            (Some((one, _)), Some((other, _))) => Err(Invalid::new(format_args!(
                r#"give each part its own object: [{{"{one}": ...}}, {{"{other}": ...}}] counts by both"#
            ))),
        }
    }
}

/// A request header, or a request's pseudo-header.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "ReadableHeaderName")]
struct Header(HeaderName);

impl TryFrom<ReadableHeaderName> for Header {
    type Error = Invalid;

    fn try_from(ReadableHeaderName(name): ReadableHeaderName) -> Result<Self, Invalid> {
        const PSEUDO: [&str; 4] = [":method", ":path", ":authority", ":scheme"];
        match name.as_str().starts_with(':') && !PSEUDO.contains(&name.as_str()) {
            true => Err(Invalid::new(format_args!(
                "`{name}` is not a request header: the pseudo-headers are {}",
                PSEUDO.join(", ")
            ))),
            false => Ok(Self(name)),
        }
    }
}

/// The name of a query parameter.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct Parameter(String);

impl TryFrom<String> for Parameter {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        match name.is_empty() {
            true => Err(Invalid::new("empty: give the name of the parameter")),
            false => Ok(Self(name)),
        }
    }
}

/// The name of a cookie.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct Cookie(String);

impl TryFrom<String> for Cookie {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let is_separator = |c: char| "=;,".contains(c) || c.is_whitespace();
        if name.is_empty() {
            return Err(Invalid::new("empty: give the name of the cookie"));
        }
        match name.contains(is_separator) {
            true => Err(Invalid::new(format_args!(
                "`{name}` is not a cookie name: remove `=`, `;`, `,` and white space"
            ))),
            false => Ok(Self(name)),
        }
    }
}

/// An attribute that has a value when the request arrives.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: Template,
}

impl TryFrom<String> for Attribute {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let value = Template::of_attribute(&name)?;
        Ok(Self { name, value })
    }
}
