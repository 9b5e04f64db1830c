//! Conditions that several filters share: what a request, or its response, must be like.
//!
//! ```
//! use proxy_filter::config::from_json;
//! use proxy_filter::matching::{Condition, Facts};
//! use proxy_filter::headers::HeaderPairs;
//!
//! let config = from_json(br#"{"any": [{"path": {"prefix": "/api"}}, {"method": ["PUT"]}]}"#)?;
//! let condition = Condition::compile(config)?;
//!
//! let request = HeaderPairs::of([(":method", "GET"), (":path", "/api/users?id=7")]);
//! assert!(condition.holds(&Facts::of_request(&request)));
//! let request = HeaderPairs::of([(":method", "GET"), (":path", "/apix")]);
//! assert!(!condition.holds(&Facts::of_request(&request)));
//! # Ok::<(), proxy_filter::config::ConfigError>(())
//! ```

mod config;
mod text;

pub use config::{ConditionConfig, StatusConfig, TextConfig};
pub use text::TextTest;

use crate::headers::target::{AUTHORITY, METHOD, PATH, split_port, split_query};
use crate::headers::{HeaderName, HeaderPairs};

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
    Method(Vec<String>),
    Host(String),
    Status(Vec<StatusTest>),
}

/// A status, or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusTest {
    One(u16),
    /// The statuses that begin with this digit.
    Hundred(u16),
}

/// What conditions look at.
///
/// ```
/// use proxy_filter::headers::HeaderPairs;
/// use proxy_filter::matching::Facts;
///
/// let request = HeaderPairs::of([(":path", "/")]);
/// let facts = Facts { request: &request, status: Some(404) };
/// assert_eq!(facts.status, Some(404));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The request's headers; those that the condition [reads](Condition::reads) are enough.
    pub request: &'a HeaderPairs,
    /// The response's status, once there is one.
    pub status: Option<u16>,
}

impl<'a> Facts<'a> {
    /// What is known before there is a response.
    ///
    /// ```
    /// use proxy_filter::headers::HeaderPairs;
    /// use proxy_filter::matching::Facts;
    ///
    /// assert_eq!(Facts::of_request(&HeaderPairs::of([(":path", "/")])).status, None);
    /// ```
    pub fn of_request(request: &'a HeaderPairs) -> Self {
        Self { request, status: None }
    }
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
            Test::Path(_) => Box::new(std::iter::once(&PATH)),
            Test::Method(_) => Box::new(std::iter::once(&METHOD)),
            Test::Host(_) => Box::new(std::iter::once(&AUTHORITY)),
            Test::Status(_) => Box::new(std::iter::empty()),
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

    /// Whether it holds. Any value of a repeated header counts. Paths are seen without their query, a
    /// prefix ends where a segment does, and hosts without their port.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::headers::HeaderPairs;
    /// # use proxy_filter::matching::{Condition, Facts};
    /// let condition = Condition::compile(from_json(br#"{"host": "a.example"}"#)?)?;
    /// let request = HeaderPairs::of([(":authority", "A.example:8443")]);
    /// assert!(condition.holds(&Facts::of_request(&request)));
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        let request = facts.request;
        match &self.0 {
            Test::All(conditions) => conditions.iter().all(|condition| condition.holds(facts)),
            Test::Any(conditions) => conditions.iter().any(|condition| condition.holds(facts)),
            Test::Not(condition) => !condition.holds(facts),
            Test::Present(name, expected) => request.first(name).is_some() == *expected,
            Test::Header(name, test) => request.values(name).any(|value| test.holds(value)),
            Test::Path(test) => {
                request.first(&PATH).is_some_and(|target| test.holds_for_path(split_query(target).0))
            }
            Test::Method(methods) => {
                let method = request.first(&METHOD);
                method.is_some_and(|method| methods.iter().any(|name| name.as_bytes() == method))
            }
            Test::Host(host) => request
                .first(&AUTHORITY)
                .is_some_and(|authority| split_port(authority).0.eq_ignore_ascii_case(host.as_bytes())),
            Test::Status(tests) => {
                facts.status.is_some_and(|status| tests.iter().any(|test| test.holds(status)))
            }
        }
    }
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
    use super::*;
    use crate::config::from_json;

    fn holds(condition: &str) -> bool {
        let request = HeaderPairs::of([
            (":method", "GET"),
            (":authority", "a.example:8080"),
            (":path", "/api/users?q=/x"),
            ("x-a", "one"),
            ("x-a", "two"),
            ("x-empty", ""),
        ]);
        let facts = Facts { request: &request, status: Some(503) };
        Condition::compile_for_response(from_json(condition.as_bytes()).unwrap()).unwrap().holds(&facts)
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
            (r#"{"path": {"exact": "/api/users"}}"#, true),
            (r#"{"path": {"exact": "/api/users?q=/x"}}"#, false),
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
            (r#"{"status": ["5xx"]}"#, true),
            (r#"{"status": [404, 503]}"#, true),
            (r#"{"status": ["4xx", 500]}"#, false),
            (r#"{"not": {"method": ["GET"]}}"#, false),
            (r#"{"all": [{"method": ["GET"]}, {"host": "a.example"}]}"#, true),
            (r#"{"all": [{"method": ["GET"]}, {"host": "b.example"}]}"#, false),
            (r#"{"any": [{"method": ["PUT"]}, {"host": "b.example"}]}"#, false),
            (r#"{"any": [{"method": ["PUT"]}, {"not": {"host": "b.example"}}]}"#, true),
        ] {
            assert_eq!(holds(condition), expected, "{condition}");
        }
    }
}
