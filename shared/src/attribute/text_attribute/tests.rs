//! Attributes found by name, and as text.

use super::*;

fn text(name: &str, bytes: &[u8]) -> Option<String> {
    let text = TextAttribute::find(name, false).unwrap().show(bytes.to_vec())?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn attributes_as_text() {
    for (name, bytes, expected) in [
        ("source.address", b"[::1]:80".as_slice(), Some("[::1]:80")),
        ("response.code", &404_i64.to_le_bytes(), Some("404")),
        ("response.code", b"404", None),
        ("connection.mtls", b"\x01", Some("true")),
        ("request.time", &1_500_000_000_i64.to_le_bytes(), Some("1")),
        ("request.duration", &1_500_000_000_i64.to_le_bytes(), Some("1500")),
        ("request.headers.x-a", b"1", Some("1")),
        ("filter_state.wasm.user", b"ann", Some("ann")),
        ("request.headers.x-a", b"\xff", Some("\u{fffd}")),
        ("metadata.filter_metadata.a.b", b"text", Some("text")),
        ("metadata.filter_metadata.a.b", &1.1_f64.to_le_bytes(), None),
        ("metadata.filter_metadata.a.b", &7_f64.to_le_bytes(), None),
        ("metadata.filter_metadata.a.b", b"\x01", None),
    ] {
        assert_eq!(text(name, bytes).as_deref(), expected, "{name}");
    }
    struct Null;
    impl sys::Host for Null {
        fn get_property(&self, _: &[u8]) -> Result<Vec<u8>, HostError> {
            Err(HostError::SerializationFailure)
        }
    }
    assert!(
        TextAttribute::find("request.path", true).is_err()
            && TextAttribute::find("response.headers.a", true).is_err()
    );
    let null =
        sys::with_host(std::rc::Rc::new(Null), || TextAttribute::find("filter_state.a", true).unwrap().get());
    assert_eq!(null, Ok(None));
    let metadata =
        TextAttribute::find("metadata.filter_metadata.envoy.filters.http.jwt_authn.sub", true).unwrap();
    assert_eq!(metadata.path, "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0sub");
    for none in ["", "request", "request.headers", "request.headers.", "metadata.filter_metadata.x", "x.y"] {
        assert!(TextAttribute::find(none, false).is_err(), "{none}");
    }
}

#[test]
fn segments_give_the_attribute_of_the_name() {
    let at = |segments: &[&str]| TextAttribute::find(&segments.join("\0"), false);
    for name in ["xds.route_name", "plugin_name", "request.headers.x-a", "filter_state.a"] {
        let segments: Vec<_> = name.split('.').collect();
        assert_eq!(at(&segments), TextAttribute::find(name, false), "{name}");
    }
    let of_key = TextAttribute::find("metadata.filter_metadata.a.b.c", false);
    assert_eq!(at(&["metadata", "filter_metadata", "a.b", "c"]), of_key);
    assert!(at(&["request", "headers", "x.y"]).is_ok());
    assert!(at(&["metadata", "filter_metadata", "a.b", "c.d", "e", "f"]).is_ok());
    for none in [
        &[] as &[&str],
        &["request", "headers"],
        &["request", "headers", ""],
        &["request", "headers", "a", "b"],
        &["", "request", "path"],
        &["metadata", "filter_metadata", "a.b"],
        &["metadata", "filter_metadata", "a", "b", ""],
        &["filter_state"],
        &["xds.route_name", "a"],
    ] {
        assert!(at(none).is_err(), "{none:?}");
    }
}
