//! Conditions that several filters share: what a request, or its response, must be like.
//!
//! ```
//! use proxy_filter::config::from_json;
//! use proxy_filter::inputs::{Inputs, Snapshot};
//! use proxy_filter::headers::HeaderPairs;
//! use proxy_filter::matching::Condition;
//!
//! let config = from_json(br#"{"any": [{"path": {"prefix": "/api"}}, {"method": ["PUT"]}]}"#)?;
//! let condition = Condition::compile(config)?;
//!
//! let request = Snapshot::of(HeaderPairs::of([(":method", "GET"), (":path", "/api/users?id=7")]));
//! assert_eq!(condition.holds(&Inputs::of_request(&request)), Some(true));
//! let request = Snapshot::of(HeaderPairs::of([(":method", "GET"), (":path", "/apix")]));
//! assert_eq!(condition.holds(&Inputs::of_request(&request)), Some(false));
//! # Ok::<(), proxy_filter::config::ConfigError>(())
//! ```

mod config;
mod host;
mod pattern;
mod text;

pub use config::{ConditionConfig, StatusConfig, TextConfig};
pub use pattern::PathPattern;
pub use text::TextTest;

use host::HostTest;

use ipnet::IpNet;

use crate::headers::HeaderName;
use crate::headers::pseudo::{AUTHORITY, METHOD, PATH, SCHEME};
use crate::inputs::Inputs;
use crate::target::resolve;
use crate::target::{split_port, split_query};

/// A compiled condition.
///
/// ```
/// use proxy_filter::config::from_json;
/// use proxy_filter::matching::Condition;
///
/// let condition = Condition::compile(from_json(br#"{"header": "x-a", "exact": "b"}"#)?)?;
/// assert_eq!(condition.reads().map(|name| name.as_str()).collect::<Vec<_>>(), ["x-a"]);
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(Test);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Present(HeaderName, bool),
    Header(HeaderName, TextTest),
    Path(TextTest),
    Pattern(PathPattern),
    Method(Vec<String>),
    Host(Vec<HostTest>),
    Scheme(Vec<String>),
    Status(Vec<StatusTest>),
    ClientIp(Vec<IpNet>),
}

/// A status, or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusTest {
    One(u16),
    /// The statuses that begin with this digit.
    Hundred(u16),
}

impl Condition {
    /// The request headers it looks at.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// let condition = Condition::compile(from_json(br#"{"not": {"path": {"exact": "/"}}}"#)?)?;
    /// assert_eq!(condition.reads().map(|name| name.as_str()).collect::<Vec<_>>(), [":path"]);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn reads(&self) -> Box<dyn Iterator<Item = &HeaderName> + '_> {
        match &self.0 {
            Test::All(conditions) | Test::Any(conditions) => {
                Box::new(conditions.iter().flat_map(Self::reads))
            }
            Test::Not(condition) => condition.reads(),
            Test::Present(name, _) | Test::Header(name, _) => Box::new(std::iter::once(name)),
            Test::Path(_) | Test::Pattern(_) => Box::new(std::iter::once(&PATH)),
            Test::Method(_) => Box::new(std::iter::once(&METHOD)),
            Test::Host(_) => Box::new(std::iter::once(&AUTHORITY)),
            Test::Scheme(_) => Box::new(std::iter::once(&SCHEME)),
            Test::Status(_) | Test::ClientIp(_) => Box::new(std::iter::empty()),
        }
    }

    /// Whether it looks at the response's status.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// let condition = Condition::compile_for_response(from_json(br#"{"status": ["5xx", 404]}"#)?)?;
    /// assert!(condition.reads_status());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn reads_status(&self) -> bool {
        match &self.0 {
            Test::All(conditions) | Test::Any(conditions) => conditions.iter().any(Self::reads_status),
            Test::Not(condition) => condition.reads_status(),
            test => matches!(test, Test::Status(_)),
        }
    }

    /// Whether it looks at the client's address.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// let condition = Condition::compile(from_json(br#"{"client_ip": ["10.0.0.0/8"]}"#)?)?;
    /// assert!(condition.reads_client_ip());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn reads_client_ip(&self) -> bool {
        match &self.0 {
            Test::All(conditions) | Test::Any(conditions) => conditions.iter().any(Self::reads_client_ip),
            Test::Not(condition) => condition.reads_client_ip(),
            test => matches!(test, Test::ClientIp(_)),
        }
    }

    /// Whether it holds; `None` if that is unknown. Any value of a repeated header counts. A prefix of a path ends
    /// where a segment does, and hosts are seen without their port. A client without an IP address is in no network.
    ///
    /// Paths are seen without their query, and as where they [lead](crate::target::resolve). Where that is
    /// unknown, so is the test, and what depends on it: `not` of it, and `all` or `any` that the rest does not decide.
    /// The header `:path` is seen as it came.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::inputs::{Inputs, Snapshot};
    /// # use proxy_filter::headers::HeaderPairs;
    /// # use proxy_filter::matching::Condition;
    /// let condition = Condition::compile(from_json(br#"{"host": "a.example"}"#)?)?;
    /// let request = Snapshot::of(HeaderPairs::of([(":authority", "A.example:8443")]));
    /// assert_eq!(condition.holds(&Inputs::of_request(&request)), Some(true));
    ///
    /// let condition = Condition::compile(from_json(br#"{"path": {"prefix": "/a"}}"#)?)?;
    /// let request = Snapshot::of(HeaderPairs::of([(":path", "/a/x%2f../../b")]));
    /// assert_eq!(condition.holds(&Inputs::of_request(&request)), None);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn holds(&self, inputs: &Inputs<'_>) -> Option<bool> {
        let request = inputs.request.headers();
        Some(match &self.0 {
            Test::All(conditions) => return decided(conditions, inputs, false),
            Test::Any(conditions) => return decided(conditions, inputs, true),
            Test::Not(condition) => !condition.holds(inputs)?,
            Test::Present(name, expected) => request.first(name).is_some() == *expected,
            Test::Header(name, test) => request.values(name).any(|value| test.holds(value)),
            Test::Path(test) => match request.first(&PATH) {
                Some(target) => test.holds_for_path(&resolve(split_query(target).0)?),
                None => false,
            },
            Test::Pattern(pattern) => match request.first(&PATH) {
                Some(target) => pattern.holds(&resolve(split_query(target).0)?)?,
                None => false,
            },
            Test::Method(methods) => {
                let method = request.first(&METHOD);
                method.is_some_and(|method| methods.iter().any(|name| name.as_bytes() == method))
            }
            Test::Host(hosts) => {
                let host = request.first(&AUTHORITY).map(|authority| split_port(authority).0);
                host.is_some_and(|host| hosts.iter().any(|test| test.holds(host)))
            }
            Test::Scheme(schemes) => {
                let scheme = request.first(&SCHEME);
                scheme.is_some_and(|scheme| schemes.iter().any(|name| name.as_bytes() == scheme))
            }
            Test::ClientIp(networks) => {
                let client = inputs.request.client_ip();
                client.is_some_and(|client| networks.iter().any(|network| network.contains(&client)))
            }
            Test::Status(tests) => {
                inputs.response.status().is_some_and(|status| tests.iter().any(|test| test.holds(status)))
            }
        })
    }
}

/// What these give together if one that is `deciding` decides: else the opposite, or unknown if one of them is.
fn decided(conditions: &[Condition], inputs: &Inputs<'_>, deciding: bool) -> Option<bool> {
    let mut otherwise = Some(!deciding);
    for condition in conditions {
        match condition.holds(inputs) {
            Some(holds) if holds == deciding => return Some(deciding),
            Some(_) => {}
            None => otherwise = None,
        }
    }
    otherwise
}

impl StatusTest {
    fn holds(self, status: u16) -> bool {
        match self {
            Self::One(expected) => status == expected,
            Self::Hundred(digit) => status.checked_div(100) == Some(digit),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::config::from_json;
    use crate::headers::HeaderPairs;
    use crate::inputs::Snapshot;

    fn holds(condition: &str) -> Option<bool> {
        holds_at("/api/users?q=/x", condition)
    }

    fn holds_at(target: &str, condition: &str) -> Option<bool> {
        let request = HeaderPairs::of([
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a.example:8080"),
            (":path", target),
            ("x-a", "one"),
            ("x-a", "two"),
            ("x-empty", ""),
        ]);
        let client = SocketAddr::from(([10, 1, 2, 3], 0));
        let request = Snapshot::of(request).from_client(client);
        let inputs = Inputs { request: &request, response: &HeaderPairs::of([(":status", "503")]) };
        Condition::compile_for_response(from_json(condition.as_bytes()).unwrap()).unwrap().holds(&inputs)
    }

    #[test]
    fn conditions() {
        for (condition, expected) in [
            (r#"{"header": "X-A", "present": true}"#, true),
            (r#"{"header": "x-a", "present": false}"#, false),
            (r#"{"header": "x-b", "present": false}"#, true),
            (r#"{"header": "x-empty", "present": true}"#, true),
            (r#"{"header": "x-empty", "contains": ""}"#, true),
            (r#"{"header": "x-b", "contains": ""}"#, false),
            (r#"{"header": "x-a", "exact": "two"}"#, true),
            (r#"{"header": "x-a", "exact": "tw"}"#, false),
            (r#"{"header": "x-a", "prefix": "tw"}"#, true),
            (r#"{"header": "x-a", "suffix": "wo"}"#, true),
            (r#"{"header": "x-a", "contains": "n"}"#, true),
            (r#"{"header": "x-a", "contains": "onetwo"}"#, false),
            (r#"{"header": ":authority", "suffix": ".example:8080"}"#, true),
            (r#"{"header": "Host", "prefix": "a."}"#, true),
            (r#"{"client_ip": ["10.0.0.0/8"]}"#, true),
            (r#"{"client_ip": ["192.168.0.0/16", "10.1.2.3"]}"#, true),
            (r#"{"client_ip": ["10.1.2.4", "::/0"]}"#, false),
            (r#"{"client_ip": ["::ffff:10.1.2.3"]}"#, true),
            (r#"{"client_ip": ["::ffff:10.1.0.0/112"]}"#, true),
            (r#"{"client_ip": ["2001:db8::a01:203"]}"#, false),
            (r#"{"path": {"exact": "/api/users"}}"#, true),
            (r#"{"path": {"prefix": "/api"}}"#, true),
            (r#"{"path": {"prefix": "/api/"}}"#, true),
            (r#"{"path": {"prefix": "/ap"}}"#, false),
            (r#"{"path": {"prefix": "/"}}"#, true),
            (r#"{"path": {"prefix": "/api/users"}}"#, true),
            (r#"{"path": {"prefix": "/api/users/"}}"#, true),
            (r#"{"path": {"suffix": "users"}}"#, true),
            (r#"{"path": {"contains": "i/u"}}"#, true),
            (r#"{"path": {"contains": "q="}}"#, false),
            (r#"{"method": ["PUT", "GET"]}"#, true),
            (r#"{"method": ["PUT"]}"#, false),
            (r#"{"host": "A.EXAMPLE"}"#, true),
            (r#"{"host": "example"}"#, false),
            (r#"{"host": ["b.example", "*.example"]}"#, true),
            (r#"{"host": "*.a.example"}"#, false),
            (r#"{"scheme": "https"}"#, true),
            (r#"{"scheme": ["http"]}"#, false),
            (r#"{"status": "5xx"}"#, true),
            (r#"{"status": 503}"#, true),
            (r#"{"method": "PUT"}"#, false),
            (r#"{"client_ip": "10.0.0.0/8"}"#, true),
            (r#"{"all": {"method": "GET"}}"#, true),
            (r#"{"any": {"not": {"method": "GET"}}}"#, false),
            (r#"{"status": ["5xx"]}"#, true),
            (r#"{"status": [404, 503]}"#, true),
            (r#"{"status": ["4xx", 500]}"#, false),
            (r#"{"not": {"method": ["GET"]}}"#, false),
            (r#"{"all": [{"method": ["GET"]}, {"host": "a.example"}]}"#, true),
            (r#"{"all": [{"method": ["GET"]}, {"host": "b.example"}]}"#, false),
            (r#"{"any": [{"method": ["PUT"]}, {"host": "b.example"}]}"#, false),
            (r#"{"any": [{"method": ["PUT"]}, {"not": {"host": "b.example"}}]}"#, true),
        ] {
            assert_eq!(holds(condition), Some(expected), "{condition}");
        }
    }

    #[test]
    fn paths_are_seen_as_where_they_lead() {
        const PATH: &str = r#"{"path": {"prefix": "/public"}}"#;
        let (yes, no) = (r#"{"method": ["GET"]}"#, r#"{"method": ["PUT"]}"#);
        for (target, expected) in [
            ("/public/a", Some(true)),
            ("/public/../secret", Some(false)),
            ("/public/%2e%2e/secret?/../public", Some(false)),
            ("/x/../public/a", Some(true)),
            ("/public/a%2fb", Some(true)),
            ("/public/..%2fsecret", None),
            ("/public//../secret", None),
        ] {
            assert_eq!(holds_at(target, PATH), expected, "{target}");
            assert_eq!(
                holds_at(target, &format!(r#"{{"not": {PATH}}}"#)),
                expected.map(|holds| !holds),
                "{target}"
            );
        }
        for (condition, expected) in [
            (format!(r#"{{"all": [{PATH}, {yes}]}}"#), None),
            (format!(r#"{{"all": [{PATH}, {no}]}}"#), Some(false)),
            (format!(r#"{{"any": [{PATH}, {yes}]}}"#), Some(true)),
            (format!(r#"{{"any": [{PATH}, {no}]}}"#), None),
            (r#"{"header": ":path", "prefix": "/public"}"#.into(), Some(true)),
        ] {
            assert_eq!(holds_at("/public/..%2fsecret", &condition), expected, "{condition}");
        }
    }
}
