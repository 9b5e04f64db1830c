//! Configurations that reach more code than those in READMEs, or that must not change anything.

/// Configurations of filters whose names begin with a text.
const RICH: &[(&str, &[&str])] = &[
    ("add-header", &[ADD_HEADER, ADD_TRAILERS]),
    ("add-header-edit", &[EDIT]),
    ("path-rewrite", &[PATH_REWRITE, REDIRECT]),
    ("path-rewrite-reverse", &[REVERSE]),
    ("rate-limit", &[RATE_LIMIT, TIERS, SERVICE]),
    ("rate-limit-body", &[BODY]),
];

/// Configurations that change nothing unless a request has `x-never`.
const IDLE: &[(&str, &[&str])] = &[
    ("add-header", &[IDLE_ADD_HEADER]),
    ("path-rewrite", &[IDLE_PATH_REWRITE]),
    ("rate-limit", &[IDLE_RATE_LIMIT]),
];

/// Returns further configurations of a filter.
pub fn rich(filter: &str) -> impl Iterator<Item = &'static str> {
    of(RICH, filter)
}

/// Returns configurations of a filter that change nothing unless a request has `x-never`.
pub fn idle(filter: &str) -> impl Iterator<Item = &'static str> {
    of(IDLE, filter)
}

fn of(
    all: &'static [(&'static str, &'static [&'static str])],
    filter: &str,
) -> impl Iterator<Item = &'static str> {
    let own = all.iter().filter(move |(begin, _)| filter.starts_with(begin));
    own.flat_map(|(_, configurations)| configurations.iter().copied())
}

const ADD_HEADER: &str = r#"{
    "request": [
        {"action": "set", "name": "x-a", "value": "%REQ(x-b?x-c):20% %REQ_WITHOUT_QUERY(:path)%", "default": "none"},
        {"action": "copy", "name": "x-b", "to": "x-old"},
        {"action": "rename", "name": "cookie", "to": "x-cookie"},
        {"action": "remove", "glob": "x-*-internal?"},
        {"action": "remove", "suffix": "-b"},
        {"name": "x-sni", "values": ["%ATTR(connection.requested_server_name)%", "%REQUESTED_SERVER_NAME%"]},
        {"name": "x-peer", "value": "%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %START_TIME(%s.%3f)%"},
        {"name": "x-claim", "value": "%ATTR(metadata.filter_metadata.a.b)%%ATTR(filter_state.x)%",
         "when": {"any": [{"client_ip": ["10.0.0.0/8", "2001:db8::/32"]}, {"not": {"host": ["*.example", "b.example"]}}]}}
    ],
    "response": [
        {"action": "set", "name": "x-echo", "value": "%REQ(x-a)%;%RESP(server?x-b)%;%PATH(NQ)%"},
        {"action": "set_if_absent", "name": "cache-control", "value": "no-store", "when": {"status": ["4xx", 500]}},
        {"action": "replace", "name": "location", "value": "%RESP(location)%#%RESPONSE_CODE_DETAILS%"},
        {"name": "vary", "value": "x-a", "if_different": true,
         "when": {"all": [{"path": {"prefix": "/a"}}, {"method": ["GET", "POST"]}, {"header": "x-a", "contains": "b"}]}},
        {"name": "x-route", "value": "%ROUTE_NAME%%UPSTREAM_HOST%%ATTR(upstream.port)%%ATTR(request.duration)%"}
    ]
}"#;

const ADD_TRAILERS: &str = r#"{
    "request_trailers": [
        {"action": "set", "name": "x-a", "value": "%REQ(x-a)%"},
        {"action": "remove", "prefix": "x-b"},
        {"action": "rename", "name": "x-c", "to": "x-d", "when": {"header": "x-a", "present": true}}
    ],
    "response_trailers": [
        {"name": "x-e", "value": "%RESP(x-a)%%REQ(:path)%"},
        {"action": "copy", "name": "grpc-message", "to": "x-message", "when": {"status": "2xx"}}
    ],
    "response": [{"name": "x-a", "value": "%REQ(x-b)%"}],
    "echo_config": "x-config"
}"#;

const EDIT: &str = r#"{
    "request": [
        {"action": "edit", "name": "cookie", "regex": "(?i)(^|; *)session=([^;]*)", "replace": "${1}s=$2", "drop_empty": true},
        {"action": "edit", "name": "x-a", "regex": "(a|b)*c?", "replace": "$$$1$0", "occurrences": "first"}
    ],
    "response": [{"action": "edit", "name": "location", "regex": "\\s|[^a-z]", "replace": "", "drop_empty": true}]
}"#;

const PATH_REWRITE: &str = r#"{
    "rules": [
        {"regex": "^/(a+)/([^/]*)", "replace": "/x/$2/$1", "continue": true},
        {"prefix": "/old", "replace": "/%REQ(x-tenant)%/new", "case_insensitive": true},
        {"template": "/users/{id}/{rest}", "replace": "/p/{rest}?author={id}&t=%REQ(x-a):4%"},
        {"exact": "/docs", "replace": "/", "host": "docs.internal:8080"},
        {"prefix": "/shop", "replace": "/", "host": {"regex": "^([a-z0-9-]+)\\.example$", "replace": "$1.internal"}},
        {"regex": "b", "replace": "/../", "when": {"path": {"regex": "^/c"}}},
        {"prefix": "/sni", "replace": "/%ATTR(connection.requested_server_name)%"}
    ],
    "original_path_header": "x-envoy-original-path", "forwarded_prefix": true, "forwarded_host": true,
    "query": "drop", "on_unsafe": "reject"
}"#;

const REDIRECT: &str = r#"{
    "rules": [
        {"prefix": "/old", "replace": "/%REQ(x-tenant)%", "redirect": {"status": 302}},
        {"regex": "^/docs/(.*)$", "replace": "/$1", "redirect": {"status": 301, "scheme": "https", "port": 8443}},
        {"prefix": "/shop", "redirect": {"host": {"regex": "^www\\.(.+)$", "replace": "$1"}}},
        {"prefix": "/", "redirect": {"scheme": "https"}, "when": {"scheme": "http"}}
    ]
}"#;

const REVERSE: &str = r#"{
    "rules": [
        {"prefix": "/shop", "replace": "/", "reverse": {"hosts": ["a.example", "b.example:8080"]}},
        {"prefix": "/old", "replace": "/new", "reverse": true, "host": "c.internal"},
        {"template": "/users/{a}/{b}", "replace": "/{b}/by/{a}", "reverse": true}
    ]
}"#;

const RATE_LIMIT: &str = r#"{
    "rules": [
        {"key": [{"client_ip": {"ipv6_prefix": 56}}, {"cookie": "c"}], "limit": 2, "period": "1s", "slots": 8},
        {"name": "path", "key": [{"path": {"template": "/users/{id}", "prefix": "/a"}}, {"method": {}}], "limit": 3, "burst": 5,
         "period": "1m", "slots": 16, "lease": 2},
        {"name": "in-flight", "key": [{"query": "q"}], "concurrency": 1, "slots": 8},
        {"name": "shadow", "key": [{"header": "x-a"}], "missing": "deny", "limit": 1, "period": "1h", "shadow": true, "slots": 8},
        {"name": "late", "key": [{"attribute": "connection.requested_server_name"}], "limit": 2, "period": "1s", "slots": 8,
         "count": {"when": {"status": ["4xx", 500]}}},
        {"name": "cost", "key": [], "limit": 100, "period": "1s", "cost": {"response_header": "x-tokens", "default": 3}}
    ],
    "exempt": {"path": {"prefix": "/health"}},
    "reply": {"status": 420, "body": "slow down\n", "headers": {"x-b": "1", "content-type": "text/html"}},
    "headers": ["ratelimit", "x-ratelimit", "retry-after"]
}"#;

const TIERS: &str = r#"{
    "rules": [{
        "key": [{"header": "x-api-key"}], "missing": "deny", "period": "60s", "slots": 8,
        "limits": {"by": {"header": "x-a"}, "of": {"b": {"limit": 1}, "c": {"limit": 2, "burst": 3}}, "else": {"limit": 1}}
    }],
    "headers": "x-ratelimit"
}"#;

const SERVICE: &str = r#"{
    "rules": [
        {"name": "ip", "key": [{"client_ip": {}}], "limit": 5, "period": "1s", "slots": 8},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 5, "period": "1s", "cost": 2, "slots": 8}
    ],
    "headers": ["ratelimit", "x-ratelimit"],
    "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "50ms", "on_error": "deny"}
}"#;

const BODY: &str = r#"{
    "rules": [{
        "key": [{"header": "x-api-key"}], "limit": 100, "period": "1s", "slots": 8,
        "cost": {"response_json": "/usage/total_tokens", "default": 10, "max_bytes": 200}
    }]
}"#;

const IDLE_ADD_HEADER: &str = r#"{
    "request": [{"action": "set", "name": "x-a", "value": "%REQ(x-never)%"},
                {"action": "remove", "name": "x-a", "when": {"header": "x-never", "present": true}}],
    "request_trailers": [{"name": "x-a", "value": "%REQ(x-never)%"}],
    "response": [{"action": "rename", "name": "x-never", "to": "x-a"},
                 {"name": "x-a", "value": "1", "when": {"header": "x-never", "prefix": "a"}}],
    "response_trailers": [{"name": "x-a", "value": "%REQ(x-never)%"}]
}"#;

const IDLE_PATH_REWRITE: &str = r#"{
    "rules": [
        {"prefix": "/", "replace": "/x", "when": {"header": "x-never", "present": true}},
        {"prefix": "/", "replace": "/%REQ(x-never)%"},
        {"regex": "$", "replace": "x", "redirect": {}, "when": {"header": "x-never", "exact": "a"}}
    ],
    "query": "drop", "on_unsafe": "reject"
}"#;

const IDLE_RATE_LIMIT: &str = r#"{
    "rules": [
        {"key": [], "limit": 1, "period": "1h", "when": {"header": "x-never", "present": true}},
        {"key": [{"header": "x-never"}], "limit": 1, "period": "1h", "slots": 8},
        {"key": [{"cookie": "x-never"}, {"header": "x-never"}], "concurrency": 1, "slots": 8}
    ],
    "headers": ["ratelimit", "x-ratelimit", "retry-after"]
}"#;
