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
    ] {
        let error = Condition::compile_for_response(from_json(condition.as_bytes()).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{condition}: {error}");
    }
}
