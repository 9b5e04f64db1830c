//! Hosts in the form that clients send.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Converts a host to lower case, and an IPv6 address to its short form.
pub(crate) fn canonical(host: &str) -> String {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match address.and_then(|address| address.parse::<Ipv6Addr>().ok()) {
        Some(address) => format!("[{address}]"),
        None => host.to_ascii_lowercase(),
    }
}

/// Returns whether clients read the host as an IPv4 address in a short form, such as `127.1`, and send another form.
pub(crate) fn is_ipv4_shorthand(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = match last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    is_number && host.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_of_ipv4_addresses() {
        for host in ["127.1", "0x7f.1", "1", "0x", "a.0X7F", "127.0.0.256", "127.0.0.01", "127.1."] {
            assert!(is_ipv4_shorthand(host), "{host}");
        }
        for host in ["127.0.0.1", "127.0.0.1.", "a.example", "1.a", "0xg", "a1", "[::1]"] {
            assert!(!is_ipv4_shorthand(host), "{host}");
        }
    }
}
