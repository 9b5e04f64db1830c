//! New hosts and prefixes, as nginx and curl see them.

use anyhow::{Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::nginx::Nginx;
use serde_json::json;

use crate::Case;
use crate::edits::curl;

pub(crate) const WITH_CURL: [Case; 1] = [("curl_follows_redirects_between_www_and_apex", redirects)];

pub(crate) const WITH_PROGRAMS: [Case; 1] =
    [("nginx_sees_the_new_host_and_the_stripped_prefix", seen_by_nginx)];

const TO_APEX: &str = r#"{"rules": [
    {"prefix": "/", "redirect": {"host": {"regex": "^www\\.(.+)$", "replace": "$1"}}}
]}"#;

const TO_WWW: &str = r#"{"rules": [
    {"prefix": "/", "redirect": {"host": {"regex": "^([^.]+\\.[^.]+)$", "replace": "www.$1"}}}
]}"#;

const HOSTS: &str = r#"{"rules": [
    {"prefix": "/docs", "replace": "/", "host": "docs.internal:8080"},
    {"prefix": "/app", "replace": "/t/%REQ(x-tenant)%", "host": {"regex": "^([a-z]+)\\.example\\.com$", "replace": "$1.internal"}}
], "forwarded_prefix": true, "forwarded_host": true}"#;

/// Returns what nginx knows of a request.
const SEEN: &str =
    "return 200 '$host $http_host $request_uri $http_x_forwarded_prefix $http_x_forwarded_host';";

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    bootstrap.http("to-apex", &[built::filter("path-rewrite", TO_APEX)], "httpbin").http(
        "to-www",
        &[built::filter("path-rewrite", TO_WWW)],
        "httpbin",
    )
}

fn redirects(fixture: &Fixture) -> Result<()> {
    for (listener, host, expected) in [
        ("to-apex", "www.example.org", "200 1 http://example.org/anything?a=b"),
        ("to-apex", "WWW.www.Example.org", "200 2 http://example.org/anything?a=b"),
        ("to-apex", "example.org", "200 0 http://example.org/anything?a=b"),
        ("to-www", "example.org", "200 1 http://www.example.org/anything?a=b"),
        ("to-www", "www.example.org", "200 0 http://www.example.org/anything?a=b"),
    ] {
        let url = format!("http://{host}/anything?a=b");
        let shown = "%{http_code} %{num_redirects} %{url_effective}";
        let reached =
            curl(fixture, listener, &["--location", "--output", "/dev/null", "--write-out", shown, &url])?;
        ensure!(reached == expected, "{listener}: from {url}, curl reached {reached}");
    }
    Ok(())
}

fn seen_by_nginx(fixture: &Fixture) -> Result<()> {
    let nginx = Nginx::serve(|address, _| {
        Ok(format!("access_log off; server {{ listen {address}; location / {{ {SEEN} }} }}"))
    })?;
    // Routes by host: the route is chosen by the new one.
    let to_nginx = |host: &str| {
        let host = json!({"name": ":authority", "string_match": {"suffix": host}});
        json!({"match": {"prefix": "/", "headers": [host]}, "route": {"cluster": "hosts-nginx"}})
    };
    let routes = [
        to_nginx("docs.internal:8080"),
        to_nginx(".internal"),
        json!({"match": {"prefix": "/"}, "direct_response": {"status": 404}}),
    ];
    fixture.add(|bootstrap| {
        bootstrap.cluster("hosts-nginx", nginx.address()).routed(
            "hosts",
            &[built::filter("path-rewrite", HOSTS)],
            &routes,
        )
    })?;
    for (host, target, status, seen) in [
        ("example.com", "/docs/a?b", 200, "docs.internal docs.internal:8080 /a?b /docs example.com"),
        (
            "Shop.example.com:81",
            "/app/x",
            200,
            "shop.internal shop.internal /t/a%2F..b/x  Shop.example.com:81",
        ),
        ("other.example", "/app/x", 404, ""),
    ] {
        let mut request =
            Request::get(target).header("x-tenant", "a/..b").header("x-forwarded-prefix", "/forged");
        request.headers.retain(|(name, _)| name != "host");
        let response = fixture.envoy.send("hosts", &request.header("host", host))?;
        let found = (response.status, String::from_utf8_lossy(&response.body).into_owned());
        ensure!(found == (status, seen.to_owned()), "{host}{target}: {found:?}");
    }
    Ok(())
}
