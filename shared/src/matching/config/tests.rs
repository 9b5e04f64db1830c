//! Wrong conditions.

use super::*;
use crate::config::from_json;

#[test]
fn wrong_conditions() {
    for (condition, expected) in [
        ("{}", "give exactly one of `all`, `any`, `not`, `header` (with a test beside it)"),
        (r#"{"header": "x"}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x", "exact": "a", "prefix": "b"}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x", "exact": "a", "present": true}"#, "give exactly one of `present`, `exact`"),
        (r#"{"header": "x y", "present": true}"#, "header: `x y` is not a header name"),
        (r#"{"exact": "a"}"#, "give exactly one of `all`"),
        (r#"{"path": {"exact": "a"}, "exact": "a"}"#, "give exactly one of `all`"),
        (r#"{"path": {}}"#, "path: give exactly one of `exact`"),
        (r#"{"path": {"exact": "/a?b"}}"#, "path: a path is seen without its query"),
        (r#"{"path": {"prefix": "api"}}"#, "path.prefix: `api` does not begin with a slash"),
        (r#"{"method": []}"#, "method: give at least one method"),
        (r#"{"method": ["get"]}"#, "method[0]: `get` is not a method: they are written like `GET`"),
        (r#"{"host": "a.example:80"}"#, "host: `a.example:80` is not a host without a port"),
        (r#"{"client_ip": []}"#, "client_ip: give at least one network"),
        (r#"{"client_ip": ["10.0.0.0/33"]}"#, "client_ip[0]: `10.0.0.0/33` is no network: write it like"),
        (r#"{"host": ""}"#, "host: `` is not a host without a port"),
        (r#"{"host": ["a.example", "*"]}"#, "host[1]: `*` is every host: leave the condition out"),
        (r#"{"host": "a.*.example"}"#, "host: `a.*.example` has a star that is not a whole name in front"),
        (r#"{"host": "*example"}"#, "host: `*example` has a star that is not a whole name in front"),
        (r#"{"scheme": "ftp"}"#, "scheme: `ftp` is not `http` or `https`"),
        (r#"{"method": "get"}"#, "method: `get` is not a method"),
        (r#"{"client_ip": "10"}"#, "client_ip: `10` is no network"),
        (
            r#"{"path": {"regex": "a"}}"#,
            "path.regex: this filter is built without a regular expression engine",
        ),
        (r#"{"path": {"regex": "a", "exact": "/a"}}"#, "path: give exactly one of `exact`"),
        (r#"{"all": {"any": {"host": "*"}}}"#, "all.any.host: `*` is every host"),
        (r#"{"all": []}"#, "all: give at least one condition"),
        (r#"{"any": [{"not": {}}]}"#, "any[0].not: give exactly one of `all`"),
        (r#"{"status": [404]}"#, "status: a request has no status"),
    ] {
        let error = Condition::compile(from_json(condition.as_bytes()).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
    for (condition, expected) in [
        (r#"{"status": []}"#, "status: give at least one status"),
        (r#"{"status": [99]}"#, "status[0]: `99` is no status: give 100 to 599"),
        (r#"{"status": ["5XX"]}"#, "status[0]: `5XX` is no status"),
        (r#"{"status": "404"}"#, "status: `404` is no status: give 100 to 599 without quotes"),
    ] {
        let error = Condition::compile_for_response(from_json(condition.as_bytes()).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
}

#[test]
fn types_that_are_not_those_of_conditions() {
    for (condition, expected) in [
        (
            r#"{"method": 7}"#,
            "method: invalid type: integer `7`, expected a text, in quotes at line 1 column",
        ),
        (r#"{"method": ["GET", 7]}"#, "method[1]: invalid type: integer `7`, expected a text, in quotes at"),
        (r#"{"status": {}}"#, "status: expected a status such as 404, or a hundred"),
        (r#"{"all": {"heder": "a"}}"#, "all.heder: unknown field `heder` (did you mean `header`?), expected"),
        (
            r#"{"all": [{"not": {"method": true}}]}"#,
            "all[0].not.method: invalid type: boolean `true`, expected a",
        ),
        (r#"{"any": "GET"}"#, "any: invalid type: string \"GET\", expected a condition, such as"),
    ] {
        let error = from_json::<ConditionConfig>(condition.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
}

#[test]
fn patterns_of_paths_are_compiled_by_the_filter() {
    let config = || from_json(br#"{"any": [{"not": {"path": {"regex": "a+"}}}]}"#).unwrap();
    let mut sources = Vec::new();
    let pattern = PathPattern::new(|_| Some(true));
    let mut compile = |source: &str| {
        sources.push(source.to_owned());
        Ok(pattern.clone())
    };
    let condition = Condition::compile_with(config(), &mut compile).unwrap();
    assert_eq!(condition.reads().map(HeaderName::as_str).collect::<Vec<_>>(), [":path"]);
    assert_eq!(condition, Condition::compile_with(config(), &mut compile).unwrap());
    assert_eq!(sources, ["a+", "a+"]);
    let error = Condition::compile_with(config(), &mut |_| Err(ConfigError::new("wrong"))).unwrap_err();
    assert_eq!(error.to_string(), "any[0].not.path.regex: wrong");
}
