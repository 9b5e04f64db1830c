//! Conditions as configured.

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use super::host::HostTest;
use super::pattern::PathPattern;
use super::text::TextTest;
use super::{Condition, StatusTest, Test};
use crate::config::{ConfigError, OneOrMany};
use crate::headers::HeaderName;

/// A condition as configured: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `scheme`,
/// `client_ip` and `status`.
///
/// ```
/// use proxy_filter::config::from_json;
/// use proxy_filter::matching::ConditionConfig;
///
/// assert!(from_json::<ConditionConfig>(br#"{"header": "x-a", "exact": "b"}"#).is_ok());
/// assert!(from_json::<ConditionConfig>(br#"{"heder": "x-a"}"#).is_err());
/// ```
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(
    description = "A condition: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `scheme`, `client_ip` and `status`."
)]
#[serde(deny_unknown_fields, expecting = "a condition, such as {\"header\": \"x-a\", \"present\": true}")]
pub struct ConditionConfig {
    /// All of these hold.
    all: Option<OneOrMany<ConditionConfig>>,
    /// One of these holds.
    any: Option<OneOrMany<ConditionConfig>>,
    /// This does not hold.
    not: Option<Box<ConditionConfig>>,
    /// Name of a request header; `:authority`, `:path` and the like included.
    header: Option<String>,
    /// Whether that header is there.
    present: Option<bool>,
    /// A value of that header is this.
    exact: Option<String>,
    /// A value of that header begins with this.
    prefix: Option<String>,
    /// A value of that header ends with this.
    suffix: Option<String>,
    /// A value of that header contains this.
    contains: Option<String>,
    /// The path, without the query, is like this.
    path: Option<TextConfig>,
    /// The method is one of these.
    method: Option<OneOrMany<String>>,
    /// The host is one of these, whatever the port and the case; `*.example.com` is every name below that one.
    host: Option<OneOrMany<String>>,
    /// The scheme is one of these: `http`, `https`.
    scheme: Option<OneOrMany<String>>,
    /// The client's address is in one of these networks, such as `10.0.0.0/8`, or is one of these addresses.
    client_ip: Option<OneOrMany<String>>,
    /// The response's status is one of these, such as `404` or `"5xx"`.
    status: Option<OneOrMany<StatusConfig>>,
}

/// A test of a text as configured: one of `exact`, `prefix`, `suffix` and `contains`.
///
/// ```
/// use proxy_filter::config::from_json;
/// use proxy_filter::matching::{TextConfig, TextTest};
///
/// let config: TextConfig = from_json(br#"{"prefix": "/api"}"#)?;
/// assert_eq!(config.compile()?, TextTest::Prefix(b"/api".to_vec()));
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(description = "A test of a text: one of `exact`, `prefix`, `suffix` and `contains`.")]
#[serde(deny_unknown_fields, expecting = "a test, such as {\"prefix\": \"/api\"}")]
pub struct TextConfig {
    /// It is this.
    exact: Option<String>,
    /// It begins with this; of a path whole segments.
    prefix: Option<String>,
    /// It ends with this.
    suffix: Option<String>,
    /// It contains this.
    contains: Option<String>,
    /// Of a path, in path-rewrite alone: this regular expression matches somewhere in it.
    regex: Option<String>,
}

/// A status as configured.
///
/// ```
/// use proxy_filter::config::from_json;
/// use proxy_filter::matching::{Condition, ConditionConfig};
///
/// let error = Condition::compile_for_response(from_json(br#"{"status": ["6xx"]}"#)?).unwrap_err();
/// assert!(error.to_string().starts_with("status[0]: `6xx` is no status"));
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(description = "A status, such as `404`, or a hundred of them, such as `\"5xx\"`.")]
#[serde(untagged, expecting = "expected a status such as 404, or a hundred of them such as \"5xx\"")]
pub enum StatusConfig {
    /// One status.
    One(u16),
    /// A hundred of them, as `"5xx"`.
    Hundred(String),
}

impl TextConfig {
    /// Checks and compiles the test.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::TextConfig;
    /// let config: TextConfig = from_json(br#"{"exact": "a", "prefix": "b"}"#)?;
    /// let error = config.compile().unwrap_err();
    /// assert_eq!(error.to_string(), "give exactly one of `exact`, `prefix`, `suffix`, `contains`");
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// There is not exactly one, or it is a regular expression.
    pub fn compile(self) -> Result<TextTest, ConfigError> {
        if self.regex.is_some() {
            return Err(ConfigError::new(NO_REGEX).in_field("regex"));
        }
        let wrong = || ConfigError::new("give exactly one of `exact`, `prefix`, `suffix`, `contains`");
        only(self.tests()).ok_or_else(wrong)
    }

    fn tests(self) -> [Option<TextTest>; 4] {
        [
            self.exact.map(|text| TextTest::Exact(text.into())),
            self.prefix.map(|text| TextTest::Prefix(text.into())),
            self.suffix.map(|text| TextTest::Suffix(text.into())),
            self.contains.map(|text| TextTest::Contains(text.into())),
        ]
    }
}

impl Condition {
    /// Checks and compiles a condition on requests.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// assert!(Condition::compile(from_json(br#"{"method": ["GET"]}"#)?).is_ok());
    /// assert!(Condition::compile(from_json(br#"{"status": [404]}"#)?).is_err()); // of a response
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// It is not exactly one condition, or a part of it is wrong; the error says which.
    pub fn compile(config: ConditionConfig) -> Result<Self, ConfigError> {
        compile(config, false, &mut no_regex)
    }

    /// As [`compile`](Self::compile), with tests of paths by regular expression, which a filter that has an engine for
    /// them compiles itself.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::{Condition, PathPattern};
    /// let config = from_json(br#"{"path": {"regex": "^/a"}}"#)?;
    /// let mut compile = |_: &str| Ok(PathPattern::new(|path| Some(path.starts_with(b"/a"))));
    /// assert!(Condition::compile_with(config, &mut compile).is_ok());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile), and those of `pattern`.
    pub fn compile_with(config: ConditionConfig, pattern: Patterns<'_>) -> Result<Self, ConfigError> {
        compile(config, false, pattern)
    }

    /// Checks and compiles a condition on requests and their responses.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// assert!(Condition::compile_for_response(from_json(br#"{"status": [404, "5xx"]}"#)?).is_ok());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_for_response(config: ConditionConfig) -> Result<Self, ConfigError> {
        compile(config, true, &mut no_regex)
    }
}

/// What makes a test of a regular expression.
pub(super) type Patterns<'a> = &'a mut dyn FnMut(&str) -> Result<PathPattern, ConfigError>;

const NO_REGEX: &str = "this filter is built without a regular expression engine, which takes half a megabyte: use \
                        `prefix`, `suffix` or `contains`, or path-rewrite";

fn no_regex(_: &str) -> Result<PathPattern, ConfigError> {
    Err(ConfigError::new(NO_REGEX))
}

fn compile(
    config: ConditionConfig,
    has_status: bool,
    pattern: Patterns<'_>,
) -> Result<Condition, ConfigError> {
    let ConditionConfig { all, any, not, header, path, method, host, scheme, client_ip, status, .. } =
        &config;
    let given = [
        all.is_some(),
        any.is_some(),
        not.is_some(),
        header.is_some(),
        path.is_some(),
        method.is_some(),
        host.is_some(),
        scheme.is_some(),
        client_ip.is_some(),
        status.is_some(),
    ];
    let texts = [&config.exact, &config.prefix, &config.suffix, &config.contains];
    let tests_of_header = config.present.is_some() || texts.iter().any(|text| text.is_some());
    if given.iter().filter(|given| **given).count() != 1 || tests_of_header && config.header.is_none() {
        return Err(ConfigError::new(
            "give exactly one of `all`, `any`, `not`, `header` (with a test beside it), `path`, `method`, `host`, `scheme`, `client_ip`, `status`",
        ));
    }
    let mut list = |conditions: OneOrMany<_>, field| {
        let compiled = listed(conditions, "condition", |config| compile(config, has_status, pattern));
        compiled.map_err(|error| error.in_field(field))
    };
    let test = if let Some(conditions) = config.all {
        Test::All(list(conditions, "all")?)
    } else if let Some(conditions) = config.any {
        Test::Any(list(conditions, "any")?)
    } else if let Some(condition) = config.not {
        let condition = compile(*condition, has_status, pattern).map_err(|error| error.in_field("not"))?;
        Test::Not(Box::new(condition))
    } else if let Some(name) = config.header {
        let name = HeaderName::readable(&name).map_err(|error| ConfigError::new(error).in_field("header"))?;
        let present = config.present.map(|present| Test::Present(name.clone(), present));
        let texts = TextConfig {
            exact: config.exact,
            prefix: config.prefix,
            suffix: config.suffix,
            contains: config.contains,
            regex: None,
        };
        let texts = texts.tests().map(|test| test.map(|test| Test::Header(name.clone(), test)));
        only(texts.into_iter().chain([present])).ok_or_else(|| {
            ConfigError::new(
                "give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
            )
        })?
    } else if let Some(text) = config.path {
        self::path(text, pattern).map_err(|error| error.in_field("path"))?
    } else if let Some(methods) = config.method {
        Test::Method(listed(methods, "method", self::method).map_err(|error| error.in_field("method"))?)
    } else if let Some(hosts) = config.host {
        Test::Host(listed(hosts, "host", HostTest::parse).map_err(|error| error.in_field("host"))?)
    } else if let Some(schemes) = config.scheme {
        Test::Scheme(listed(schemes, "scheme", self::scheme).map_err(|error| error.in_field("scheme"))?)
    } else if let Some(networks) = config.client_ip {
        let networks = listed(networks, "network", self::network);
        Test::ClientIp(networks.map_err(|error| error.in_field("client_ip"))?)
    } else if let Some(statuses) = config.status.filter(|_| has_status) {
        Test::Status(listed(statuses, "status", self::status).map_err(|error| error.in_field("status"))?)
    } else {
        let wrong = "a request has no status: this condition is for responses";
        return Err(ConfigError::new(wrong).in_field("status"));
    };
    Ok(Condition(test))
}

/// At least one.
fn listed<T, U>(
    items: OneOrMany<T>,
    kind: &str,
    compile: impl FnMut(T) -> Result<U, ConfigError>,
) -> Result<Vec<U>, ConfigError> {
    match items.is_empty() {
        true => Err(ConfigError::new(format_args!("give at least one {kind}"))),
        false => items.each(compile),
    }
}

/// The only one that there is.
fn only<T>(options: impl IntoIterator<Item = Option<T>>) -> Option<T> {
    let mut given = options.into_iter().flatten();
    let first = given.next()?;
    given.next().is_none().then_some(first)
}

fn method(method: String) -> Result<String, ConfigError> {
    match HeaderName::new(&method) {
        Ok(_) if !method.contains(|letter: char| letter.is_ascii_lowercase()) => Ok(method),
        _ => Err(ConfigError::new(format_args!(
            "`{}` is not a method: they are written like `GET`",
            method.escape_debug()
        ))),
    }
}

fn scheme(scheme: String) -> Result<String, ConfigError> {
    match scheme.as_str() {
        "http" | "https" => Ok(scheme),
        _ => Err(ConfigError::new(format_args!("`{}` is not `http` or `https`", scheme.escape_debug()))),
    }
}

/// A test that no path can pass is a mistake.
fn path(mut config: TextConfig, pattern: Patterns<'_>) -> Result<Test, ConfigError> {
    if let Some(source) = config.regex.take() {
        if config.tests().iter().any(Option::is_some) {
            let wrong = "give exactly one of `exact`, `prefix`, `suffix`, `contains`, `regex`";
            return Err(ConfigError::new(wrong));
        }
        return pattern(&source).map(Test::Pattern).map_err(|error| error.in_field("regex"));
    }
    for (field, text) in [("exact", &config.exact), ("prefix", &config.prefix)] {
        if let Some(text) = text.as_ref().filter(|text| !text.starts_with('/')) {
            let wrong =
                format_args!("`{text}` does not begin with a slash: no path is like this").to_string();
            return Err(ConfigError::new(wrong).in_field(field));
        }
    }
    let test = config.compile()?;
    let (TextTest::Exact(text) | TextTest::Prefix(text) | TextTest::Suffix(text) | TextTest::Contains(text)) =
        &test;
    match text.contains(&b'?') {
        true => Err(ConfigError::new("a path is seen without its query: leave out `?` and what follows")),
        false => Ok(Test::Path(test)),
    }
}

/// Of IPv4 addresses that IPv6 sockets show, as clients' addresses are looked at.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let bits = network.prefix_len().checked_sub(MAPPED);
    let ipv4 = bits.and_then(|bits| IpNet::new(network.addr().to_canonical(), bits).ok());
    ipv4.filter(|network| network.addr().is_ipv4()).unwrap_or(network)
}

fn network(text: String) -> Result<IpNet, ConfigError> {
    let network = text.parse::<IpNet>().ok();
    let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    network.map(canonical).ok_or_else(|| {
        ConfigError::new(format_args!(
            "`{}` is no network: write it like `10.0.0.0/8`, `2001:db8::/32` or `10.0.0.1`",
            text.escape_debug()
        ))
    })
}

fn status(status: StatusConfig) -> Result<StatusTest, ConfigError> {
    let text = match status {
        StatusConfig::One(status @ 100..=599) => return Ok(StatusTest::One(status)),
        StatusConfig::One(status) => status.to_string(),
        StatusConfig::Hundred(text) => text,
    };
    match text.as_bytes() {
        [digit @ b'1'..=b'5', b'x', b'x'] => Ok(StatusTest::Hundred(u16::from(digit.wrapping_sub(b'0')))),
        _ => Err(ConfigError::new(format_args!(
            "`{}` is no status: give 100 to 599 without quotes, or a hundred as `\"5xx\"`",
            text.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests;
