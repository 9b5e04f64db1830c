//! Locations, and clients that are already there.

use proxy_filter::headers::HeaderPairs;
use proxy_filter::inputs::Snapshot;

use super::*;

fn scheme(text: &str) -> Option<Scheme> {
    Scheme::try_from(text.to_owned()).ok()
}

#[test]
fn locations() {
    let https = Redirect { scheme: scheme("https"), ..SAME_ORIGIN };
    let default_port = Redirect { port: Some(443), scheme: scheme("https"), ..SAME_ORIGIN };
    let docs = Redirect { host: Some("docs.example.com".into()), ..SAME_ORIGIN };
    let port = Redirect { port: Some(8443), scheme: scheme("https"), ..SAME_ORIGIN };
    for (redirect, authority, target, to, expected) in [
        (&SAME_ORIGIN, "a.example", "/a", "/b?c=d", Ok("http://a.example/b?c=d")),
        (&SAME_ORIGIN, "a.example:8080", "/a", "/b", Ok("http://a.example:8080/b")),
        (&SAME_ORIGIN, "[::1]:80", "/a", "/b", Ok("http://[::1]/b")),
        (&SAME_ORIGIN, "A.Example:", "/a", "/b", Ok("http://a.example/b")),
        (&SAME_ORIGIN, "a.example:0443", "/a", "/b", Ok("http://a.example:443/b")),
        (&SAME_ORIGIN, "a.example:65536", "/a", "/b", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "[2001:DB8:0:0::1]:08080", "/a", "/b", Ok("http://[2001:db8::1]:8080/b")),
        (&default_port, "a.example:8080", "/a", "/a", Ok("https://a.example/a")),
        (&https, "a.example:0080", "/a", "/a", Ok("https://a.example/a")),
        (&https, "a.example:80", "/a", "/a", Ok("https://a.example/a")),
        (&https, "a.example:8080", "/a", "/a", Ok("https://a.example:8080/a")),
        (&docs, "a.example:8080", "/a", "/a", Ok("http://docs.example.com/a")),
        (&port, "a.example", "/a", "/a", Ok("https://a.example:8443/a")),
        (&docs, "a.example", "//evil.example", "//evil.example", Ok("http://docs.example.com//evil.example")),
        (&docs, "a.example", "/a", "//evil.example", Err(Unsafe::LooksLikeHost)),
        (
            &docs,
            "a.example",
            "/a",
            "/a\\\"<>^`{|}",
            Ok("http://docs.example.com/a%5C%22%3C%3E%5E%60%7B%7C%7D"),
        ),
        (&docs, "a.example", "/a", "/%2F%zz", Ok("http://docs.example.com/%2F%zz")),
        (&SAME_ORIGIN, "", "/a", "/a", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "a.example@evil.example", "/a", "/a", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "evil.example/", "/a", "/a", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "a.example:80:90", "/a", "/a", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "::1", "/a", "/a", Err(Unsafe::NoHost)),
        (&SAME_ORIGIN, "a]b[", "/a", "/a", Err(Unsafe::NoHost)),
    ] {
        let snapshot = Snapshot::of(HeaderPairs::of([(":scheme", "http"), (":authority", authority)]));
        let request = Request { target: target.as_bytes(), snapshot: &snapshot };
        let location = redirect.location(to.as_bytes(), redirect.host.as_deref(), &request);
        assert_eq!(location, expected.map(|url: &str| url.as_bytes().to_vec()), "{authority} {to}");
    }
}

#[test]
fn a_client_that_is_already_there_is_not_redirected() {
    let to = |to_scheme: Option<&str>, host: Option<&str>, port| Redirect {
        scheme: to_scheme.and_then(scheme),
        host: host.map(str::to_owned),
        port,
        ..SAME_ORIGIN
    };
    let long = "[2001:DB8:0:0:0:0:0:1]";
    for (redirect, scheme, authority, path, is_redirected) in [
        (SAME_ORIGIN, "http", "a.example", "/a?b", false),
        (SAME_ORIGIN, "http", "a.example", "/a", true),
        (to(Some("http"), None, None), "http", "a.example", "/a?b", false),
        (to(Some("https"), None, None), "http", "a.example", "/a?b", true),
        (to(None, Some("a.example"), None), "http", "a.example", "/a?b", false),
        (to(None, Some("a.example"), None), "http", "a.example", "/b?b", true),
        (to(Some("https"), None, Some(443)), "https", "a.example", "/a?b", false),
        (to(Some("https"), None, Some(443)), "https", "a.example:0443", "/a?b", false),
        (to(Some("https"), None, Some(443)), "https", "a.example:", "/a?b", false),
        (to(Some("https"), None, Some(443)), "https", "a.example:8443", "/a?b", true),
        (to(Some("https"), None, Some(443)), "http", "a.example:443", "/a?b", true),
        (to(None, None, Some(80)), "http", "a.example", "/a?b", false),
        (to(None, Some("A.Example"), None), "http", "a.example", "/a?b", false),
        (to(None, Some("a.example"), None), "http", "A.EXAMPLE:80", "/a?b", false),
        (to(None, Some(long), None), "http", "[2001:db8::1]", "/a?b", false),
        (to(None, Some("[2001:db8::1]"), None), "http", long, "/a?b", false),
        (to(None, Some("[2001:db8::2]"), None), "http", long, "/a?b", true),
    ] {
        let snapshot = Snapshot::of(HeaderPairs::of([(":scheme", scheme), (":authority", authority)]));
        let request = Request { target: b"/a?b", snapshot: &snapshot };
        let reply = redirect.reply(path.as_bytes(), None, &request).unwrap();
        assert_eq!(reply.is_some(), is_redirected, "{redirect:?} {scheme} {authority} {path}");
    }
}
