//! New hosts.

use std::net::Ipv4Addr;

use proxy_filter::target::{is_host, split_port};
use regex_replace::{Budget, Occurrences, Search};

use crate::replacement::Replacement;
use crate::safety::Unsafe;

/// The most bytes of a host: no domain name is longer.
const LIMIT: usize = 255;

/// How a rule makes a new host.
#[derive(Debug)]
pub(crate) enum HostRewrite {
    /// This host, which may have a port.
    Literal(String),
    /// Replaces matches in the request's host, which is in lower case and without its port.
    Regex { search: Search, replacement: Replacement },
}

impl HostRewrite {
    /// Returns the new host for a request with this authority. `None` if the regex does not match.
    ///
    /// # Errors
    /// The result is not a host, or the search could take too many steps.
    pub(crate) fn apply(&self, authority: &[u8], budget: &Budget) -> Option<Result<String, Unsafe>> {
        let (search, replacement) = match self {
            Self::Literal(host) => return Some(Ok(host.clone())),
            Self::Regex { search, replacement } => (search, replacement),
        };
        let host = split_port(authority).0.to_ascii_lowercase();
        if !search.could_match(&host) {
            return None;
        }
        if host.len() > LIMIT {
            return Some(Err(Unsafe::Host));
        }
        let made = replacement.replace(search, budget, &host, Occurrences::All)?;
        Some(made.and_then(|made| {
            let host = String::from_utf8(made.path).ok();
            host.filter(|host| is_authority(host, true)).ok_or(Unsafe::Host)
        }))
    }

    /// Checks that a redirect to this new host comes to an end: if this rule would redirect the client from there too, then
    /// to a shorter host.
    ///
    /// # Errors
    /// It may not end, or the search could take too many steps.
    pub(crate) fn check_end(&self, new: &str, budget: &Budget) -> Result<(), Unsafe> {
        match self.apply(new.as_bytes(), budget) {
            Some(Ok(next)) if next != new && next.len() >= new.len() => Err(Unsafe::EndlessRedirect),
            Some(Err(Unsafe::TooManySteps)) => Err(Unsafe::TooManySteps),
            _ => Ok(()),
        }
    }
}

/// Returns whether a text is a host that everybody reads alike. If `with_port`, it may have a port.
pub(crate) fn is_authority(text: &str, with_port: bool) -> bool {
    let is_port = |port: &str| with_port && port.parse::<u16>().is_ok_and(|port| port > 0);
    let (host, port) = split_port(text.as_bytes());
    let host = text.get(..host.len()).unwrap_or_default();
    let port = port.and_then(|port| text.get(text.len().saturating_sub(port.len())..));
    host.len() <= LIMIT && is_host(host) && !is_ipv4_shorthand(host) && port.is_none_or(is_port)
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

    #[test]
    fn hosts_and_ports() {
        let long = format!("{}.example", "a".repeat(LIMIT - 8));
        for (text, is_host, with_port) in [
            ("a.example", true, true),
            (&*long, true, true),
            ("[::1]", true, true),
            ("a.example:1", false, true),
            ("[::1]:65535", false, true),
            ("a.example:", false, false),
            ("a.example:0", false, false),
            ("a.example:65536", false, false),
            ("a..example", false, false),
            ("127.1:80", false, false),
            ("a.example/b", false, false),
            ("", false, false),
            (&format!("a{long}"), false, false),
        ] {
            assert_eq!((is_authority(text, false), is_authority(text, true)), (is_host, with_port), "{text}");
        }
    }

    /// Whatever the regex, a client that follows redirects gets to an end: a redirect that is refused, or none.
    #[test]
    fn redirects_come_to_an_end() {
        const LABELS: [&str; 3] = ["www", "a", "bb"];
        let mut ends = [0, 0];
        for (regex, replace) in [
            ("^www\\.(.+)$", "$1"),
            ("^([^.]+\\.[^.]+)$", "www.$1"),
            ("^", "www."),
            ("a", "bb"),
            ("bb", "a"),
            ("^([^.]+)\\.(.+)$", "$2.$1"),
            ("^([^.]+)\\.([^.]+)$", "$2.$1"),
            ("^(a|bb)\\.(www|a)", "$2.$1"),
            ("^.*$", "a.bb"),
        ] {
            let regex = regex_replace::compile(regex).unwrap();
            let replacement = Replacement::parse(replace, &regex).unwrap();
            let rewrite = HostRewrite::Regex { search: Search::new(regex), replacement };
            for number in 0..LABELS.len().pow(4) {
                let label = |at: u32| LABELS[number / LABELS.len().pow(at) % LABELS.len()];
                for length in 1..=4 {
                    let host: Vec<_> = (0..length).map(label).collect();
                    let mut host = host.join(".");
                    let is_refused = (0..=host.len()).find_map(|_| {
                        let budget = Budget::default();
                        let Some(next) = rewrite.apply(host.as_bytes(), &budget) else { return Some(false) };
                        let next = next.unwrap();
                        if next == host {
                            return Some(false);
                        }
                        if rewrite.check_end(&next, &budget).is_err() {
                            return Some(true);
                        }
                        host = next;
                        None
                    });
                    ends[usize::from(is_refused.expect("an end"))] += 1;
                }
            }
        }
        assert!(ends.iter().all(|count| *count > 100), "{ends:?}");
    }
}
