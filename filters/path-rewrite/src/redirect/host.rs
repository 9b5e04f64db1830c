//! Hosts in the form that clients send.

use std::net::Ipv6Addr;

/// Converts a host to lower case, and an IPv6 address to its short form.
pub(crate) fn canonical(host: &str) -> String {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match address.and_then(|address| address.parse::<Ipv6Addr>().ok()) {
        Some(address) => format!("[{address}]"),
        None => host.to_ascii_lowercase(),
    }
}
