//! Conditions as configured.

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text::TextTest;
use super::{Condition, StatusTest, Test};
use crate::config::{ConfigError, each};
use crate::headers::HeaderName;
use crate::headers::target::is_host;

/// A condition as configured: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `client_ip` and `status`.
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
    description = "A condition: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `client_ip` and `status`."
)]
#[serde(deny_unknown_fields, expecting = "a condition, such as {\"header\": \"x-a\", \"present\": true}")]
pub struct ConditionConfig {
    /// All of these hold.
    all: Option<Vec<ConditionConfig>>,
    /// One of these holds.
    any: Option<Vec<ConditionConfig>>,
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
    method: Option<Vec<String>>,
    /// The host is this, whatever the port and the case.
    host: Option<String>,
    /// The client's address is in one of these networks, such as `10.0.0.0/8`, or is one of these addresses.
    client_ip: Option<Vec<String>>,
    /// The response's status is one of these, such as `404` or `"5xx"`.
    status: Option<Vec<StatusConfig>>,
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
    /// There is not exactly one.
    pub fn compile(self) -> Result<TextTest, ConfigError> {
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
        compile(config, false)
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
        compile(config, true)
    }
}

fn compile(config: ConditionConfig, has_status: bool) -> Result<Condition, ConfigError> {
    let ConditionConfig { all, any, not, header, path, method, host, client_ip, status, .. } = &config;
    let given = [
        all.is_some(),
        any.is_some(),
        not.is_some(),
        header.is_some(),
        path.is_some(),
        method.is_some(),
        host.is_some(),
        client_ip.is_some(),
        status.is_some(),
    ];
    let texts = [&config.exact, &config.prefix, &config.suffix, &config.contains];
    let tests_of_header = config.present.is_some() || texts.iter().any(|text| text.is_some());
    if given.iter().filter(|given| **given).count() != 1 || tests_of_header && config.header.is_none() {
        return Err(ConfigError::new(
            "give exactly one of `all`, `any`, `not`, `header` (with a test beside it), `path`, `method`, `host`, `client_ip`, `status`",
        ));
    }
    let list = |conditions: Vec<_>, field| match conditions.is_empty() {
        true => Err(ConfigError::new("give at least one condition").in_field(field)),
        false => {
            each(conditions, |config| compile(config, has_status)).map_err(|error| error.in_field(field))
        }
    };
    let test = if let Some(conditions) = config.all {
        Test::All(list(conditions, "all")?)
    } else if let Some(conditions) = config.any {
        Test::Any(list(conditions, "any")?)
    } else if let Some(condition) = config.not {
        Test::Not(Box::new(compile(*condition, has_status).map_err(|error| error.in_field("not"))?))
    } else if let Some(name) = config.header {
        let name = HeaderName::readable(&name).map_err(|error| ConfigError::new(error).in_field("header"))?;
        let present = config.present.map(|present| Test::Present(name.clone(), present));
        let texts = TextConfig {
            exact: config.exact,
            prefix: config.prefix,
            suffix: config.suffix,
            contains: config.contains,
        };
        let texts = texts.tests().map(|test| test.map(|test| Test::Header(name.clone(), test)));
        only(texts.into_iter().chain([present])).ok_or_else(|| {
            ConfigError::new(
                "give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
            )
        })?
    } else if let Some(text) = config.path {
        Test::Path(self::path(text).map_err(|error| error.in_field("path"))?)
    } else if let Some(methods) = config.method {
        Test::Method(self::methods(methods).map_err(|error| error.in_field("method"))?)
    } else if let Some(host) = config.host {
        Test::Host(self::host(host).map_err(|error| error.in_field("host"))?)
    } else if let Some(networks) = config.client_ip {
        Test::ClientIp(self::networks(networks).map_err(|error| error.in_field("client_ip"))?)
    } else {
        let statuses = config.status.unwrap_or_default();
        Test::Status(self::statuses(statuses, has_status).map_err(|error| error.in_field("status"))?)
    };
    Ok(Condition(test))
}

/// The only one that there is.
fn only<T>(options: impl IntoIterator<Item = Option<T>>) -> Option<T> {
    let mut given = options.into_iter().flatten();
    let first = given.next()?;
    given.next().is_none().then_some(first)
}

fn methods(methods: Vec<String>) -> Result<Vec<String>, ConfigError> {
    if methods.is_empty() {
        return Err(ConfigError::new("give at least one method"));
    }
    each(methods, |method| match HeaderName::new(&method) {
        Ok(_) if !method.contains(|letter: char| letter.is_ascii_lowercase()) => Ok(method),
        _ => Err(ConfigError::new(format_args!(
            "`{}` is not a method: they are written like `GET`",
            method.escape_debug()
        ))),
    })
}

/// A test that no path can pass is a mistake.
fn path(config: TextConfig) -> Result<TextTest, ConfigError> {
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
        false => Ok(test),
    }
}

fn host(host: String) -> Result<String, ConfigError> {
    if !is_host(&host) {
        return Err(ConfigError::new(format_args!(
            "`{}` is not a host without a port: write it like `a.example` or `[::1]`",
            host.escape_debug()
        )));
    }
    Ok(host)
}

/// Of IPv4 addresses that IPv6 sockets show, as clients' addresses are looked at.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let bits = network.prefix_len().checked_sub(MAPPED);
    let ipv4 = bits.and_then(|bits| IpNet::new(network.addr().to_canonical(), bits).ok());
    ipv4.filter(|network| network.addr().is_ipv4()).unwrap_or(network)
}

fn networks(networks: Vec<String>) -> Result<Vec<IpNet>, ConfigError> {
    if networks.is_empty() {
        return Err(ConfigError::new("give at least one network"));
    }
    each(networks, |text| {
        let network = text.parse::<IpNet>().ok();
        let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.map(canonical).ok_or_else(|| {
            ConfigError::new(format_args!(
                "`{}` is no network: write it like `10.0.0.0/8`, `2001:db8::/32` or `10.0.0.1`",
                text.escape_debug()
            ))
        })
    })
}

fn statuses(statuses: Vec<StatusConfig>, has_status: bool) -> Result<Vec<StatusTest>, ConfigError> {
    if !has_status {
        return Err(ConfigError::new("a request has no status: this condition is for responses"));
    }
    if statuses.is_empty() {
        return Err(ConfigError::new("give at least one status"));
    }
    let wrong = |shown: &dyn std::fmt::Display| {
        ConfigError::new(format_args!("`{shown}` is no status: give 100 to 599, or a hundred as `\"5xx\"`"))
    };
    each(statuses, |status| match status {
        StatusConfig::One(status @ 100..=599) => Ok(StatusTest::One(status)),
        StatusConfig::One(status) => Err(wrong(&status)),
        StatusConfig::Hundred(text) => match text.as_bytes() {
            [digit @ b'1'..=b'5', b'x', b'x'] => Ok(StatusTest::Hundred(u16::from(digit.wrapping_sub(b'0')))),
            _ => Err(wrong(&text.escape_debug())),
        },
    })
}

#[cfg(test)]
mod tests;
