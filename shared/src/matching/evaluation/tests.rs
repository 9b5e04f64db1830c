//! Evaluates conditions on requests and responses.

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
    let condition: Condition = from_json(condition.as_bytes()).unwrap();
    condition.holds(&inputs)
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
fn paths_are_resolved() {
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
