//! A filter's replies, in the form in which Envoy sends them.

use proxy_filter::headers::HeaderPairs;

use crate::message::Response;

/// A reply.
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// Its details in access logs.
    pub(crate) details: String,
}

impl Reply {
    /// Creates a reply with serialized header pairs.
    pub(crate) fn new(status: u16, headers: &[u8], body: &[u8]) -> Self {
        let mut response = Response::new(status);
        for (name, value) in HeaderPairs::new(headers.to_vec()).iter() {
            response.headers.append(name, value);
        }
        if !body.is_empty() {
            response.body = vec![body.to_vec()];
            if response.headers.first(b"content-type").is_none() {
                response.headers.append("content-type", "text/plain");
            }
        }
        Self { response, details: String::new() }
    }

    /// Converts the reply for a gRPC client.
    pub(crate) fn turn_into_grpc(&mut self, grpc_status: i32) {
        self.response = as_grpc(&self.response, grpc_status);
    }
}

/// Creates a reply to a gRPC client: `grpc-status` and `grpc-message` replace the status and body.
fn as_grpc(reply: &Response, grpc_status: i32) -> Response {
    let derived = match reply.status() {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    };
    let mut grpc = Response::new(200);
    let own =
        reply.headers.iter().filter(|(name, _)| ![b":status".as_slice(), b"content-type"].contains(name));
    own.for_each(|(name, value)| grpc.headers.append(name, value));
    let status = if grpc_status < 0 { derived } else { grpc_status };
    let grpc = grpc.header("content-type", "application/grpc").header("grpc-status", status.to_string());
    match reply.body.concat() {
        message if message.is_empty() => grpc,
        message => grpc.header("grpc-message", message),
    }
}
