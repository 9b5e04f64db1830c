//! Conditions on a request that several filters share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::ConfigError;
use crate::headers::{HeaderName, HeaderPairs};

/// A condition as configured: `{"header": "x-a", "exact": "b"}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionConfig {
    /// Name of the request header; `:authority`, `:path` and the like included.
    header: String,
    /// Whether it is there.
    present: Option<bool>,
    /// A value of it is this.
    exact: Option<String>,
    /// A value of it begins with this.
    prefix: Option<String>,
    /// A value of it ends with this.
    suffix: Option<String>,
    /// A value of it contains this.
    contains: Option<String>,
}

/// A compiled condition.
///
/// ```
/// use proxy_filter::matching::{Condition, ConditionConfig};
///
/// let config: ConditionConfig = proxy_filter::config::from_json(br#"{"header": "x-a", "exact": "b"}"#)?;
/// let condition = Condition::compile(config)?;
/// assert_eq!(condition.header().as_str(), "x-a");
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    header: HeaderName,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Present(bool),
    Exact(Vec<u8>),
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Contains(Vec<u8>),
}

impl Condition {
    /// Checks and compiles a condition.
    ///
    /// # Errors
    /// The header's name is none, or there is not exactly one test of its value.
    pub fn compile(config: ConditionConfig) -> Result<Self, ConfigError> {
        let header =
            HeaderName::readable(&config.header).map_err(|e| ConfigError::new(e).in_field("header"))?;
        let mut tests = [
            config.present.map(Test::Present),
            config.exact.map(|text| Test::Exact(text.into())),
            config.prefix.map(|text| Test::Prefix(text.into())),
            config.suffix.map(|text| Test::Suffix(text.into())),
            config.contains.map(|text| Test::Contains(text.into())),
        ]
        .into_iter()
        .flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self { header, test }),
            _ => Err(ConfigError::new(
                "give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
            )),
        }
    }

    /// The request header the condition looks at.
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Whether it holds. Any value of a repeated header counts.
    pub fn holds(&self, request: &HeaderPairs) -> bool {
        let mut values = request.values(&self.header);
        match &self.test {
            Test::Present(expected) => values.next().is_some() == *expected,
            Test::Exact(text) => values.any(|value| value == text),
            Test::Prefix(text) => values.any(|value| value.starts_with(text)),
            Test::Suffix(text) => values.any(|value| value.ends_with(text)),
            Test::Contains(text) => {
                text.is_empty() && values.next().is_some()
                    || values.any(|value| value.windows(text.len().max(1)).any(|window| window == text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_json;
    use crate::headers::serialize_pairs;

    fn holds(condition: &str) -> bool {
        let pairs: [(&[u8], &[u8]); 4] =
            [(b":authority", b"a.example"), (b"x-a", b"one"), (b"x-a", b"two"), (b"x-empty", b"")];
        let request = HeaderPairs::new(serialize_pairs(pairs.into_iter()).unwrap());
        Condition::compile(from_json(condition.as_bytes()).unwrap()).unwrap().holds(&request)
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
            (r#"{"header": ":authority", "suffix": ".example"}"#, true),
        ] {
            assert_eq!(holds(condition), expected, "{condition}");
        }
    }

    #[test]
    fn one_test_at_a_time() {
        for condition in [r#"{"header": "x"}"#, r#"{"header": "x", "exact": "a", "prefix": "b"}"#] {
            let error = Condition::compile(from_json(condition.as_bytes()).unwrap()).unwrap_err();
            assert!(error.to_string().starts_with("give exactly one of"), "{error}");
        }
    }
}
