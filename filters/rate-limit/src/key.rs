//! What a rule counts by: parts of a request, hashed.

use std::borrow::Cow;
use std::hash::Hasher;
use std::net::IpAddr;

use ipnet::IpNet;
use proxy_filter::HostError;
use proxy_filter::headers::HeaderName;
use proxy_filter::headers::pseudo::PATH;
use proxy_filter::inputs::{Input, InputSet, Inputs, Snapshot};
use proxy_filter::target::resolve;
use proxy_filter::target::split_query;
use proxy_filter::template::Template;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::table::Slot;

pub(crate) static COOKIE: HeaderName = HeaderName::from_static("cookie");

/// What a rule counts by. No parts: one bucket for all requests.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) parts: Vec<Part>,
    /// Secret, so that nobody can choose keys that share a set.
    pub(crate) seed: [u8; 16],
}

#[derive(Debug)]
pub(crate) enum Part {
    ClientIp(Prefixes),
    /// Where the path leads, without the query.
    Path,
    /// A header, the method, an attribute: what a template can say. With the name that engines know it by.
    Text(String, Template),
    /// The first parameter of this name in the request's query.
    Query(String),
    /// The first cookie of this name.
    Cookie(String),
}

/// Bits of an address that make a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefixes {
    pub(crate) ipv4: u32,
    pub(crate) ipv6: u32,
}

impl Key {
    pub(crate) fn needs(&self, needs: &mut InputSet) {
        for part in &self.parts {
            match part {
                Part::ClientIp(_) => needs.insert(Input::ClientIp),
                Part::Text(_, template) => needs.extend(template),
                Part::Path | Part::Query(_) => needs.insert(Input::RequestHeader(&PATH)),
                Part::Cookie(_) => needs.insert(Input::RequestHeader(&COOKIE)),
            }
        }
    }

    /// Where a request's bucket is in a table of so many sets; `None` if the request lacks a part.
    pub(crate) fn slot(&self, inputs: &Inputs<'_>, sets: u32) -> Result<Option<Slot>, HostError> {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        for part in &self.parts {
            let Some(bytes) = part.bytes(inputs)? else { return Ok(None) };
            // With its length, so that ("ab", "c") and ("a", "bc") differ.
            hasher.write_usize(bytes.len());
            hasher.write(&bytes);
        }
        let hash = hasher.finish128();
        Ok(Some(Slot::new(hash.h1, hash.h2, sets)))
    }
}

impl Key {
    /// A descriptor's entries, in the terms of Envoy's own rate limit actions; `None` if the request lacks a part.
    pub(crate) fn entries(
        &self,
        rule: &str,
        inputs: &Inputs<'_>,
    ) -> Result<Option<Vec<(String, String)>>, HostError> {
        if self.parts.is_empty() {
            return Ok(Some(vec![("generic_key".into(), rule.into())]));
        }
        let entries = self.parts.iter().map(|part| part.entry(inputs));
        entries.collect()
    }
}

impl Part {
    fn entry(&self, inputs: &Inputs<'_>) -> Result<Option<(String, String)>, HostError> {
        let name = match self {
            Self::ClientIp(prefixes) => return Ok(inputs.request.client_ip().map(|ip| prefixes.entry(ip))),
            Self::Path => "path",
            Self::Text(name, _) | Self::Query(name) | Self::Cookie(name) => name.as_str(),
        };
        let value = self.bytes(inputs)?;
        Ok(value.map(|value| (name.into(), utf8(value))))
    }

    fn bytes(&self, inputs: &Inputs<'_>) -> Result<Option<Vec<u8>>, HostError> {
        Ok(match self {
            Self::ClientIp(prefixes) => inputs.request.client_ip().map(|ip| prefixes.client(ip)),
            Self::Path => path(inputs.request),
            Self::Text(_, template) => return template.render(inputs, None),
            Self::Query(name) => parameter(inputs.request, name),
            Self::Cookie(name) => cookie(inputs.request, name),
        })
    }
}

impl Prefixes {
    /// As Envoy's actions `remote_address` and `masked_remote_address` have it.
    fn entry(self, ip: IpAddr) -> (String, String) {
        let (prefix, bits) = if ip.is_ipv4() { (self.ipv4, 32) } else { (self.ipv6, 128) };
        let network = IpNet::new(ip, u8::try_from(prefix).unwrap_or(bits)).map(|network| network.trunc());
        match network {
            Ok(network) if prefix < u32::from(bits) => ("masked_remote_address".into(), network.to_string()),
            _ => ("remote_address".into(), ip.to_string()),
        }
    }

    /// The bytes that stand for a client: its network.
    fn client(self, ip: IpAddr) -> Vec<u8> {
        match ip {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(u32::BITS.saturating_sub(self.ipv4)).unwrap_or(0);
                (u32::from(ip) & mask).to_be_bytes().to_vec()
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(u128::BITS.saturating_sub(self.ipv6)).unwrap_or(0);
                (u128::from(ip) & mask).to_be_bytes().to_vec()
            }
        }
    }
}

/// As it is where it is UTF-8; else with escapes, so that two values never become one.
fn utf8(value: Vec<u8>) -> String {
    String::from_utf8(value).unwrap_or_else(|error| error.as_bytes().escape_ascii().to_string())
}

/// Where the path leads. Paths that servers read differently count as one, which is none that a request has.
fn path(request: &Snapshot) -> Option<Vec<u8>> {
    let (path, _) = split_query(request.headers().first(&PATH)?);
    Some(resolve(path).map_or_else(|| b"(unknown)".to_vec(), Cow::into_owned))
}

/// Names and values are decoded: however a client writes them, they count as one.
fn parameter(request: &Snapshot, name: &str) -> Option<Vec<u8>> {
    let (_, query) = split_query(request.headers().first(&PATH)?);
    let decoded = |text: &[u8]| {
        let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_encoding::percent_decode(&spaced).collect::<Vec<_>>()
    };
    query.strip_prefix(b"?")?.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).find_map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decoded);
        (halves.next()? == name.as_bytes()).then(|| halves.next().unwrap_or_default())
    })
}

fn cookie(request: &Snapshot, name: &str) -> Option<Vec<u8>> {
    let cookies = request.headers().values(&COOKIE).flat_map(|header| header.split(|byte| *byte == b';'));
    let value = |cookie: &[u8]| {
        let equals = cookie.iter().position(|byte| *byte == b'=')?;
        let (known, value) = cookie.split_at_checked(equals)?;
        (known.trim_ascii() == name.as_bytes())
            .then(|| value.get(1..).unwrap_or_default().trim_ascii().to_vec())
    };
    cookies.into_iter().find_map(value)
}

#[cfg(test)]
mod tests {
    use proxy_filter::headers::HeaderPairs;

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
            let entry = Part::Path.entry(&Inputs::of_request(&request)).unwrap();
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
        assert_eq!((utf8("é".into()), utf8(b"\xff".to_vec())), ("é".into(), "\\xff".into()));
        let none = Snapshot::of(HeaderPairs::of([(":path", "/a")]));
        assert_eq!((parameter(&none, "x"), cookie(&none, "a")), (None, None));
    }
}
