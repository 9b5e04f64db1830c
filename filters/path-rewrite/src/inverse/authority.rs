//! Hosts with ports, to compare.

use proxy_filter::target::{is_host, split_port};

use crate::redirect::canonical;

/// Hosts of backends.
#[derive(Debug)]
pub(crate) struct Hosts(pub(crate) Vec<Authority>);

/// A host in the form that clients send, and a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Parses a host that may have a port.
    pub(crate) fn parse(authority: &[u8]) -> Option<Self> {
        let (host, port) = split_port(authority);
        let host = std::str::from_utf8(host).ok().filter(|host| is_host(host))?;
        let port = match port.map(std::str::from_utf8) {
            None | Some(Ok("")) => None,
            Some(port) => Some(port.ok()?.parse().ok().filter(|port| *port != 0)?),
        };
        Some(Self { host: canonical(host), port })
    }

    /// Drops the port if it is the scheme's.
    pub(crate) fn of_scheme(&self, is_https: bool) -> Self {
        let default = if is_https { 443 } else { 80 };
        Self { host: self.host.clone(), port: self.port.filter(|port| *port != default) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_as_clients_write_them() {
        let same = |one: &str, other: &str, is_https| {
            let parsed = |text: &str| Authority::parse(text.as_bytes()).unwrap().of_scheme(is_https);
            parsed(one) == parsed(other)
        };
        assert!(same("A.example", "a.example:80", false) && same("a.example:443", "a.example:", true));
        assert!(same("[2001:DB8::0:1]:8080", "[2001:db8::1]:8080", false));
        assert!(!same("a.example", "a.example:443", false) && !same("a.example", "b.example", false));
        for wrong in ["", "a b", "user@a.example", "a.example:0", "a.example:65536", "a.example:x", "a\\b"] {
            assert_eq!(Authority::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
