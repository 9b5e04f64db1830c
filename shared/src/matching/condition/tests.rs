//! Conditions that are refused.

use super::*;
use crate::config::from_json;
use crate::headers::HeaderPairs;
use crate::headers::pseudo::PATH;
use crate::inputs::{HasInputs, Input, Inputs, Snapshot, check_before_response};
use crate::matching::PathPattern;

#[test]
fn wrong_conditions() {
    for (condition, expected) in [
        ("{}", "give exactly one of `all`, `any`, `not`, `header` (with a test beside it)"),
        (r#"{"header": "x"}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x", "exact": "a", "prefix": "b"}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x", "exact": "a", "present": true}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x y", "present": true}"#, "header: `x y` is not a header name"),
        (r#"{"exact": "a"}"#, "give exactly one of `all`"),
        (r#"{"path": {"exact": "/a"}, "exact": "a"}"#, "give exactly one of `all`"),
        (r#"{"path": {}}"#, "path: give exactly one of `exact`"),
        (r#"{"path": {"exact": "/a?b"}}"#, "path: the path is tested without its query: remove"),
        (r#"{"path": {"prefix": "api"}}"#, "path.prefix: `api` does not begin with a slash"),
        (r#"{"method": []}"#, "method: the list is empty: give at least one value"),
        (r#"{"method": ["get"]}"#, "method[0]: `get` is not a method: write it in uppercase, like `GET`"),
        (r#"{"host": "a.example:80"}"#, "host: `a.example:80` is not a valid host"),
        (r#"{"client_ip": []}"#, "client_ip: the list is empty: give at least one value"),
        (r#"{"client_ip": ["10.0.0.0/33"]}"#, "client_ip[0]: `10.0.0.0/33` is not a network: write it like"),
        (r#"{"host": ""}"#, "host: `` is not a valid host"),
        (r#"{"host": ["a.example", "*"]}"#, "host[1]: `*` matches every host: remove the condition"),
        (r#"{"host": "a.*.example"}"#, "host: `a.*.example` may have a `*` only as its whole first label"),
        (r#"{"host": "*example"}"#, "host: `*example` may have a `*` only as its whole first label"),
        (r#"{"scheme": "ftp"}"#, "scheme: `ftp` is not `http` or `https`"),
        (r#"{"method": "get"}"#, "method: `get` is not a method"),
        (r#"{"client_ip": "10"}"#, "client_ip: `10` is not a network"),
        (r#"{"client_ip": "10.0.0.0/08"}"#, "client_ip: `10.0.0.0/08` is not a network"),
        (r#"{"client_ip": "10.0.0.0/+8"}"#, "client_ip: `10.0.0.0/+8` is not a network"),
        (r#"{"path": {"regex": "a"}}"#, "path.regex: this filter does not support regular expressions"),
        (r#"{"path": {"exact": "/a", "suffix": "a"}}"#, "path: give exactly one of `exact`"),
        (r#"{"all": {"any": {"host": "*"}}}"#, "all.any.host: `*` matches every host"),
        (r#"{"all": []}"#, "all: the list is empty: give at least one value"),
        (r#"{"any": [{"not": {}}]}"#, "any[0].not: give exactly one of `all`"),
        (r#"{"status": []}"#, "status: the list is empty: give at least one value"),
        (r#"{"status": [99]}"#, "status[0]: `99` is not a status: give 100 to 599"),
        (r#"{"status": ["5XX"]}"#, "status[0]: `5XX` is not a status"),
        (r#"{"status": "604"}"#, "status: `604` is not a status: give 100 to 599, or a class"),
    ] {
        let error = from_json::<Condition>(condition.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
}

#[test]
fn conditions_of_the_wrong_type() {
    for (condition, expected) in [
        (r#"{"method": 7}"#, "method: invalid type: integer `7`, expected a string, in quotes"),
        (r#"{"method": ["GET", 7]}"#, "method[1]: invalid type: integer `7`, expected a string, in quotes"),
        (
            r#"{"status": {}}"#,
            "status: invalid type: object, expected a status, such as 404, or a class, such as",
        ),
        (
            r#"{"status": [404, true]}"#,
            "status[1]: invalid type: boolean `true`, expected a status, such as 404",
        ),
        (r#"{"all": {"heder": "a"}}"#, "all.heder: unknown field `heder` (did you mean `header`?), expected"),
        (
            r#"{"all": [{"not": {"method": true}}]}"#,
            "all[0].not.method: invalid type: boolean `true`, expected a",
        ),
        (r#"{"any": "GET"}"#, "any: invalid type: string \"GET\", expected a condition, such as"),
    ] {
        let error = from_json::<Condition>(condition.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
}

/// Compiled during deserialization, as regular expressions are.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
struct Equal(String);

impl TryFrom<String> for Equal {
    type Error = Invalid;

    fn try_from(path: String) -> Result<Self, Invalid> {
        if path.starts_with('(') { Err(Invalid::new("unclosed group")) } else { Ok(Self(path)) }
    }
}

/// A pattern that needs more than its text.
struct Known(String, Option<bool>);

impl PathPattern for Known {
    fn matches(&self, path: &[u8]) -> Option<bool> {
        if self.0.as_bytes() == path { self.1 } else { Some(false) }
    }
}

#[test]
fn a_filter_can_use_its_own_pattern_type() {
    let json = br#"{"any": [{"not": {"path": {"regex": "/a"}}}, {"path": {"regex": "/b"}}]}"#;
    let condition = from_json::<Condition<Equal>>(json).unwrap();
    let mut inputs = Vec::new();
    condition.visit_inputs(&mut |input| inputs.push(format!("{input:?}")));
    assert_eq!(
        inputs,
        [format!("{:?}", Input::RequestHeader(&PATH)), format!("{:?}", Input::RequestHeader(&PATH))]
    );
    for (path, result, expected) in [
        ("/a", Some(true), Some(false)),
        ("/a", None, None),
        ("/b", Some(true), Some(true)),
        ("/c", None, Some(true)),
    ] {
        let condition = condition.clone().map_patterns(&mut |pattern| Known(pattern.0, result));
        let request = Snapshot::of(HeaderPairs::of([(":path", path)]));
        assert_eq!(condition.holds(&Inputs::of_request(&request)), expected, "{path} {result:?}");
    }
    for (json, expected) in [
        (r#"{"any": [{"not": {"path": {"regex": "("}}}]}"#, "any[0].not.path.regex: unclosed group"),
        (
            r#"{"path": {"regex": "a", "exact": "/a"}}"#,
            "path: give exactly one of `exact`, `prefix`, `suffix`, `contains`, `regex`",
        ),
    ] {
        assert_eq!(from_json::<Condition<Equal>>(json.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_status_is_refused_before_the_response() {
    for (json, is_refused) in [
        (r#"{"all": [{"method": "GET"}, {"not": {"status": 404}}]}"#, true),
        (r#"{"any": [{"client_ip": "10.0.0.1"}, {"header": "x-a", "present": true}]}"#, false),
    ] {
        let checked = check_before_response(&from_json::<Condition>(json.as_bytes()).unwrap());
        assert_eq!(checked.is_err(), is_refused, "{json}: {checked:?}");
    }
}
