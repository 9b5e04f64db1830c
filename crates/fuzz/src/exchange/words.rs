//! What messages are made of.

pub const METHODS: [&str; 6] = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"];
pub const SCHEMES: [&str; 3] = ["http", "https", "HTTP"];
pub const STATUSES: [u16; 8] = [200, 204, 301, 302, 401, 404, 429, 503];
pub const CLIENTS: [&str; 5] = ["10.0.0.1", "192.0.2.7", "2001:db8::1", "::ffff:10.0.0.1", "@"];
pub const AUTHORITIES: [&str; 8] = [
    "a.example",
    "www.example.org",
    "B.example:8080",
    "[::1]:80",
    "",
    "a.example:",
    "shop.example.com",
    "x@a.example",
];
pub const PATHS: [&str; 16] = [
    "/",
    "/old",
    "/docs",
    "/users/7/posts/",
    "/shop/",
    "/banana/",
    "/a/b",
    "/sni",
    "/c",
    "/health",
    "//",
    "/a/../",
    "*",
    "",
    "/%2e%2e/",
    "/users/1",
];

/// Names of headers and trailers.
pub const NAMES: [&str; 40] = [
    "x-a",
    "x-b",
    "x-c",
    "x-old",
    "x-new",
    "x-api-key",
    "x-tenant",
    "x-tokens",
    "x-internal-a",
    "x_internal_a",
    "x-a-internal1",
    "authorization",
    "cookie",
    "set-cookie",
    "location",
    "content-type",
    "cache-control",
    "server",
    "x-powered-by",
    "vary",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-envoy-original-path",
    "x-env",
    "hello",
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "x-ratelimit-limit",
    "grpc-status",
    "grpc-message",
    "te",
    "connection",
    "upgrade",
    "keep-alive",
    "transfer-encoding",
    "x-request-id",
    "accept",
];

/// Attributes with values that clients or other filters choose.
pub const ATTRIBUTES: [&str; 12] = [
    "connection\0requested_server_name",
    "connection\0subject_peer_certificate",
    "source\0address",
    "xds\0route_name",
    "metadata\0filter_metadata\0a\0b",
    "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0sub",
    "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0tier",
    "filter_state\0x",
    "request\0time",
    "response\0code_details",
    "upstream\0address",
    "plugin_name",
];

/// Ends of values that split a header, a path or a text.
pub const HOSTILE: [&str; 9] = ["\r\nx-a: b", "\r", "\n", "\0", "\x7f", "/..", "%2e%2e", "\"", " \t"];

/// Picks by number.
pub fn pick<T: Copy>(items: &[T], number: u8) -> T {
    items[usize::from(number) % items.len()]
}
