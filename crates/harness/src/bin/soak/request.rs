//! Random requests, and what is right to answer to them.

use std::net::Ipv4Addr;

use fastrand::Rng;
use harness::h2::{self, flag, frame, kind, literal};

/// Addresses of ordinary clients: six times the slots of a table.
const CLIENTS: u32 = 50_000;

/// Clients that send more than they may.
const GREEDY: u32 = 50;

/// One of this many requests is of a greedy client.
const GREEDY_SHARE: u32 = 10;

/// The first addresses of ordinary and of greedy clients, of those of a flood, and of probes.
const FIRST: [u32; 4] = [0x0a00_0000, 0x0a80_0000, 0x0b00_0000, 0x0ac8_0000];

/// The status of a request over a limit, which any client may get: a newcomer takes over another one's bucket.
pub(crate) const LIMITED: u16 = 429;

/// Paths, with a number in place of `#`, and the status of the response. Those that begin with `/real` have an upstream.
const PATHS: [(&str, u16); 16] = [
    ("/", 200),
    ("/old/#", 200),
    ("/health", 200),
    ("/healthz", 200),
    ("/users/#", 200),
    ("/users/#/posts/#?u=#", 200),
    ("/banana/#", 200),
    ("/static/#.css", 200),
    ("/tenant/#", 200),
    ("/agent/#", 200),
    ("/host/#", 200),
    ("/App/#", 200),
    ("/real/#", 200),
    ("/shop/real/#", 200),
    ("/docs/#", 308),
    ("/r/#", 302),
];

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    path: String,
    address: Ipv4Addr,
    headers: Vec<(&'static str, String)>,
    status: u16,
}

impl Request {
    /// A request of one of the usual clients.
    pub(crate) fn random(random: &mut Rng) -> Self {
        let [ordinary, greedy, ..] = FIRST;
        let address = match random.u32(..GREEDY_SHARE) {
            0 => greedy + random.u32(..GREEDY),
            _ => ordinary + random.u32(..CLIENTS),
        };
        Self::of(address, format!("key-{}", random.u32(..CLIENTS)), random)
    }

    /// A request of a client that sends nothing else.
    pub(crate) fn of_flood(number: u32, random: &mut Rng) -> Self {
        let [.., flood, _] = FIRST;
        Self::of(flood.wrapping_add(number & 0x00ff_ffff), format!("flood-{number}"), random)
    }

    /// A request of which the time is measured: always the same, by a client that stays within its limit.
    pub(crate) fn probe(number: u32) -> Self {
        let [.., probes] = FIRST;
        let address = Ipv4Addr::from(probes.wrapping_add(number & 0xffff));
        Self {
            path: "/users/1/posts/2".into(),
            address,
            headers: vec![("x-api-key", "probe".into())],
            status: 200,
        }
    }

    fn of(address: u32, key: String, random: &mut Rng) -> Self {
        let (path, status) = random.choice(PATHS).unwrap_or(("/", 200));
        let mut text = |most: usize| -> String {
            let length = random.usize(1..most);
            std::iter::repeat_with(|| random.alphanumeric()).take(length).collect()
        };
        let mut headers = vec![("x-api-key", key), ("user-agent", text(60)), ("x-any", text(100))];
        headers.push(("cookie", format!("session={}; c={}", text(30), text(5))));
        headers.push(("x-internal-user", text(10)));
        headers.push(("x-tenant", text(8)));
        let numbers = path.replace('#', &random.u32(..10_000).to_string());
        Self { path: numbers, address: address.into(), headers, status }
    }

    /// Returns what is wrong with a response of this status.
    pub(crate) fn wrong(&self, status: u16) -> Option<String> {
        let is_right = status == self.status || status == LIMITED;
        (!is_right).then(|| format!("{}: {status} instead of {}", self.path, self.status))
    }

    /// Returns the request in HTTP/1.1.
    pub(crate) fn http1(&self) -> Vec<u8> {
        let (path, address) = (&self.path, self.address);
        let mut text = format!("GET {path} HTTP/1.1\r\nhost: a.example\r\nx-forwarded-for: {address}\r\n");
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// Returns the request's frame in HTTP/2.
    pub(crate) fn http2(&self, stream: u32) -> Vec<u8> {
        let address = self.address.to_string();
        let fixed = [
            (":method", "GET"),
            (":scheme", "http"),
            (":path", &*self.path),
            (":authority", "a.example"),
            ("x-forwarded-for", &*address),
        ];
        let block = h2::fields(fixed.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let more = self.headers.iter().flat_map(|(name, value)| literal(name.as_bytes(), value.as_bytes()));
        let block: Vec<u8> = block.into_iter().chain(more).collect();
        frame(kind::HEADERS, flag::END_STREAM | flag::END_HEADERS, stream, &block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_status_and_a_limit_are_right() {
        let mut random = Rng::with_seed(1);
        for request in [Request::probe(0), Request::random(&mut random), Request::of_flood(7, &mut random)] {
            let statuses = [200, 302, 308, 400, 404, LIMITED, 500, 503];
            let right: Vec<_> =
                statuses.into_iter().filter(|status| request.wrong(*status).is_none()).collect();
            assert_eq!(right, [request.status, LIMITED], "{request:?}");
        }
    }

    #[test]
    fn requests_are_the_same_in_both_versions() {
        let request = Request::random(&mut Rng::with_seed(2));
        let text = String::from_utf8(request.http1()).unwrap();
        let frame = request.http2(1);
        let (frames, size) = h2::frames(&frame);
        assert_eq!((frames.len(), size), (1, frame.len()));
        for (name, value) in &request.headers {
            let is_in_frame = frame.windows(value.len()).any(|window| window == value.as_bytes());
            assert!(text.contains(&format!("\r\n{name}: {value}\r\n")) && is_in_frame, "{name}");
        }
    }
}
