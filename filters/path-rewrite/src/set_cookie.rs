//! Maps the `Path` of cookies.

/// The beginning of the names of cookies that browsers accept only with `Path=/`.
const HOST_PREFIX: &[u8] = b"__host-";

/// Maps each `Path` of a cookie, and leaves all else as it is. Returns `None` if nothing changes.
pub(crate) fn with_paths(cookie: &[u8], map: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut parts = cookie.split(|byte| *byte == b';');
    let pair = parts.next()?;
    let name = pair.trim_ascii_start().get(..HOST_PREFIX.len()).unwrap_or_default();
    if name.eq_ignore_ascii_case(HOST_PREFIX) {
        return None;
    }
    let (mut changed, mut is_changed) = (pair.to_vec(), false);
    for attribute in parts {
        changed.push(b';');
        let mapped = path_of(attribute).and_then(|(before, path, after)| {
            let mapped = map(path).filter(|mapped| mapped != path && !mapped.contains(&b';'))?;
            Some([before, &mapped, after].concat())
        });
        is_changed |= mapped.is_some();
        changed.extend_from_slice(mapped.as_deref().unwrap_or(attribute));
    }
    is_changed.then_some(changed)
}

/// Returns the path of an attribute `Path`, between what surrounds it: spaces, and quotes.
fn path_of(attribute: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let equals = attribute.iter().position(|byte| *byte == b'=')?;
    let (name, _) = attribute.split_at_checked(equals)?;
    if !name.trim_ascii().eq_ignore_ascii_case(b"path") {
        return None;
    }
    let belongs = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'"';
    let is_value = |(at, byte): (usize, &u8)| (at > equals && belongs(byte)).then_some(at);
    let start = attribute.iter().enumerate().find_map(is_value)?;
    let end = attribute.iter().rposition(belongs)?.saturating_add(1);
    let (before_end, after) = attribute.split_at_checked(end)?;
    let (before, path) = before_end.split_at_checked(start)?;
    Some((before, path, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_change() {
        let map = |path: &[u8]| match path {
            b"/new" => Some(b"/old".to_vec()),
            b"/same" => Some(b"/same".to_vec()),
            b"/split" => Some(b"/a;b".to_vec()),
            _ => None,
        };
        for (cookie, expected) in [
            ("a=b; Path=/new; HttpOnly", Some("a=b; Path=/old; HttpOnly")),
            ("a=b;path=/new", Some("a=b;path=/old")),
            ("a=b; PATH = /new ;Secure", Some("a=b; PATH = /old ;Secure")),
            ("a=b; Path=\"/new\"", Some("a=b; Path=\"/old\"")),
            ("a=b; Path=/new; Path=/new; path=/x", Some("a=b; Path=/old; Path=/old; path=/x")),
            ("a=\"b; Path=/new\"", Some("a=\"b; Path=/old\"")),
            ("__Secure-a=b; Path=/new", Some("__Secure-a=b; Path=/old")),
            ("a=__Host-; Path=/new", Some("a=__Host-; Path=/old")),
            ("__Host-a=b; Path=/new", None),
            (" __host-a=b; Path=/new", None),
            ("Path=/new", None),
            ("a=b", None),
            ("", None),
            ("a=b; Path", None),
            ("a=b; Path=", None),
            ("a=b; Path=\"\"", None),
            ("a=b; Path=/same", None),
            ("a=b; Path=/split", None),
            ("a=b; Path=/newer; Domain=/new", None),
            ("a=b; X-Path=/new", None),
        ] {
            let changed = with_paths(cookie.as_bytes(), map);
            assert_eq!(changed.as_deref(), expected.map(str::as_bytes), "{cookie}");
        }
    }
}
