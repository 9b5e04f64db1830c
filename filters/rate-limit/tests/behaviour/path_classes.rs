//! Classes of paths as a part of the key.

use proxy_filter_test::{Request, Service, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

fn by(path: &str) -> String {
    format!(r#"{{"rules": [{{"key": [{{"path": {path}}}], "limit": 1, "period": "1h"}}]}}"#)
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn the_paths_of_a_class_share_a_bucket(proxy) {
        for (path, one, same, other) in [
            (r#"{"template": "/users/{id}"}"#, "/users/1", "/users/2?a", "/users/1/posts"),
            (r#"{"template": ["/users/{id}", "/users/{id}/posts"]}"#, "/users/1/posts", "/users/2/posts", "/users/1"),
            (r#"{"template": "/people/{id}"}"#, "/people/1", "/a/../people/2", "/people/"),
            (r#"{"prefix": "/api"}"#, "/api/a", "/api", "/apis"),
            (r#"{"prefix": ["/api/v2/", "/api"]}"#, "/api/v2", "/api/v2/x", "/api/v1"),
            (r#"{"template": "/api/login", "prefix": "/api"}"#, "/api/a", "/api/b", "/api/login"),
        ] {
            let plugin = proxy.load(&by(path));
            let found = [one, same, other].map(|target| plugin.send(Request::get(target)).status());
            assert_eq!(found, [200, 429, 200], "{path}");
        }
    }

    fn paths_in_no_class_share_a_bucket(proxy) {
        let plugin = proxy.load(&by(r#"{"template": "/users/{id}"}"#));
        assert_eq!(statuses(&plugin, 1, &Request::get("/a")), [200]);
        for target in ["/b", "/users/1/", "/users//1", "/Users/1", "/%75sers/1"] {
            assert_eq!(statuses(&plugin, 1, &Request::get(target)), [429], "{target}");
        }
        assert_eq!(statuses(&plugin, 2, &Request::get("/users/1")), [200, 429]);
    }

    fn the_service_gets_the_text_of_the_class(proxy) {
        // The code OK.
        proxy.service("ratelimit", Service::Grpc(b"\x08\x01".to_vec()));
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"path": {"template": "/users/{id}"}}], "period": "1h",
                "limits": {"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9}}, "else": {"limit": 9}}}],
                "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "1s"}}"#,
        );
        plugin.send(Request::get("/users/1").header("x-tier", "pro")).expect_status(200);
        plugin.send(Request::get("/other")).expect_status(200);
        let calls = proxy.calls_to("ratelimit").into_iter().map(|call| call.body.concat().escape_ascii().to_string());
        let entry = |length: &str, value: &str| {
            format!("\\n\\x04edge\\x12\\x{length}\\x04path\\x12{value}\\x18\\x01")
        };
        let expected = [entry("15\\n\\x13\\n", "\\x0b/users/{id}"), entry("11\\n\\x0f\\n", "\\x07(other)")];
        assert_eq!(calls.collect::<Vec<_>>(), expected);
    }
}
