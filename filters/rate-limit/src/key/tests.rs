//! Values and entries of the parts of a key.

use proxy_filter::headers::HeaderPairs;
use proxy_filter::inputs::Snapshot;

use super::*;

#[test]
fn clients() {
    let prefixes = Prefixes { ipv4: 24, ipv6: 64 };
    let client = |ip: &str| prefixes.client(ip.parse().unwrap());
    assert_eq!(client("10.0.0.1"), client("10.0.0.2"));
    assert_ne!(client("10.0.0.1"), client("10.0.1.1"));
    assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:2"));
    assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
    let all = Prefixes { ipv4: 0, ipv6: 0 };
    assert_eq!(all.client([10, 0, 0, 1].into()), all.client([192, 0, 2, 1].into()));
}

#[test]
fn entries() {
    let prefixes = Prefixes { ipv4: 32, ipv6: 64 };
    for (ip, name, value) in [
        ("10.0.0.1", "remote_address", "10.0.0.1"),
        ("2001:db8::1", "masked_remote_address", "2001:db8::/64"),
    ] {
        assert_eq!(prefixes.entry(ip.parse().unwrap()), (name.into(), value.into()));
    }
}

#[test]
fn paths() {
    for (target, expected) in [
        ("/a/b?c", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/..%2fb", "(unknown)"),
        ("/a//../b", "(unknown)"),
    ] {
        let request = Snapshot::of(HeaderPairs::of([(":path", target)]));
        let entry = KeyPart::Path.entry(&Inputs::of_request(&request)).unwrap();
        assert_eq!(entry, Some(("path".into(), expected.into())), "{target}");
    }
    assert_eq!(path(&Snapshot::default()), None);
}

#[test]
fn parameters_and_cookies() {
    let request = Snapshot::of(HeaderPairs::of([
        (":path", "/a?x=1&&%71=a+b%26=%3d&q=2&empty=&bare"),
        ("cookie", "a=1; sid=x=y"),
        ("cookie", "sid=2;b = 3 "),
    ]));
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8(bytes).unwrap());
    for (name, expected) in
        [("x", Some("1")), ("q", Some("a b&==")), ("empty", Some("")), ("bare", Some("")), ("y", None)]
    {
        assert_eq!(text(parameter(&request, name)).as_deref(), expected, "{name}");
    }
    for (name, expected) in [("a", Some("1")), ("sid", Some("x=y")), ("b", Some("3")), ("c", None)] {
        assert_eq!(text(cookie(&request, name)).as_deref(), expected, "{name}");
    }
    let bytes = Snapshot::of(HeaderPairs::of([(":path", "/a?q=%FF%fe")]));
    assert_eq!(parameter(&bytes, "q"), Some(b"\xff\xfe".to_vec()));
    assert_eq!((to_utf8("é".into()), to_utf8(b"\xff".to_vec())), ("é".into(), "\\xff".into()));
    let none = Snapshot::of(HeaderPairs::of([(":path", "/a")]));
    assert_eq!((parameter(&none, "x"), cookie(&none, "a")), (None, None));
}
