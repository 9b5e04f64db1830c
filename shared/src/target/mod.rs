//! The parts of a request target and of an authority, and where a path leads.

mod resolve;

pub use resolve::{Separators, Step, has_dots, resolve, segments};

use std::net::Ipv6Addr;

/// The path of a target, and its query with the question mark.
///
/// ```
/// use proxy_filter::target::split_query;
///
/// assert_eq!(split_query(b"/a?b=c?d"), (b"/a".as_slice(), b"?b=c?d".as_slice()));
/// assert_eq!(split_query(b"/a"), (b"/a".as_slice(), b"".as_slice()));
/// ```
pub fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    let query = target.iter().position(|&byte| byte == b'?').unwrap_or(target.len());
    target.split_at_checked(query).unwrap_or((target, b""))
}

/// The host of an authority, and its port if there is one. An IPv6 address keeps its brackets.
///
/// ```
/// use proxy_filter::target::split_port;
///
/// assert_eq!(split_port(b"a.example:8080"), (b"a.example".as_slice(), Some(b"8080".as_slice())));
/// assert_eq!(split_port(b"[::1]"), (b"[::1]".as_slice(), None));
/// ```
pub fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = authority.iter().rposition(|byte| *byte == b':');
    let parts =
        colon.and_then(|colon| Some((authority.get(..colon)?, authority.get(colon.saturating_add(1)..)?)));
    match parts {
        Some((host, port)) if port.iter().all(u8::is_ascii_digit) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether a text is a host, without a port: a name, an IPv4 address, or an IPv6 address in brackets.
///
/// ```
/// use proxy_filter::target::is_host;
///
/// assert!(["a.example", "10.0.0.1", "[::1]", "my_service"].map(is_host).iter().all(|is| *is));
/// assert!(["", "::1", "[::1", "a.example:80", "a b", "a..b", "-"].map(is_host).iter().all(|is| !is));
/// ```
pub fn is_host(text: &str) -> bool {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| {
        label.bytes().all(belongs)
            && label.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
    };
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => text.strip_suffix('.').unwrap_or(text).split('.').all(is_label),
    }
}

#[cfg(test)]
mod tests {
    use super::split_port;

    #[test]
    fn hosts_lose_their_port_alone() {
        for (authority, host, port) in [
            ("a.example", "a.example", None),
            ("a.example:80", "a.example", Some("80")),
            ("a.example:", "a.example", Some("")),
            ("a.example:x", "a.example:x", None),
            ("[::1]", "[::1]", None),
            ("[::1]:80", "[::1]", Some("80")),
            ("", "", None),
        ] {
            assert_eq!(split_port(authority.as_bytes()), (host.as_bytes(), port.map(str::as_bytes)));
        }
    }
}
