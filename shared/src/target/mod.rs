//! Splits request targets and authorities, and resolves dot segments as servers do.
//!
//! ```
//! use proxy_filter::target::{resolve, split_port, split_query};
//!
//! assert_eq!(split_query(b"/a?b=c?d"), (b"/a".as_slice(), b"?b=c?d".as_slice()));
//! assert_eq!(split_port(b"a.example:8080"), (b"a.example".as_slice(), Some(b"8080".as_slice())));
//! assert_eq!(resolve(b"/a/%2e%2e/b").as_deref(), Some(b"/b".as_slice()));
//! ```

mod resolve;
mod scheme;

pub use resolve::{Separators, Step, has_dots, resolve, segments};
pub use scheme::Scheme;

use std::net::Ipv6Addr;

/// Splits a target into its path and its query. The query keeps its question mark.
pub fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    let query = target.iter().position(|&byte| byte == b'?').unwrap_or(target.len());
    target.split_at_checked(query).unwrap_or((target, b""))
}

/// Splits an authority into its host and its port, if it has one. An IPv6 address keeps its brackets.
pub fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = authority.iter().rposition(|byte| *byte == b':');
    let parts =
        colon.and_then(|colon| Some((authority.get(..colon)?, authority.get(colon.saturating_add(1)..)?)));
    match parts {
        Some((host, port)) if port.iter().all(u8::is_ascii_digit) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Returns whether a text is a host without a port: a name, an IPv4 address, or an IPv6 address in brackets.
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
    fn only_the_port_is_split_off() {
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
