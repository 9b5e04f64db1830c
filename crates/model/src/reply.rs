//! A filter's replies, as Envoy sends them.

use proxy_filter::headers::HeaderPairs;
use proxy_filter::sys::LocalResponse;

use crate::message::Response;

/// A reply.
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// Its details in access logs.
    pub(crate) details: String,
}

impl Reply {
    /// What the client receives. `is_grpc`: the client speaks gRPC.
    pub(crate) fn new(response: &LocalResponse<'_>, is_grpc: bool) -> Self {
        let mut reply = Response::new(response.status);
        for (name, value) in HeaderPairs::new(response.headers.to_vec()).iter() {
            reply.headers.append(name, value);
        }
        if !response.body.is_empty() {
            reply.body = vec![response.body.to_vec()];
            if reply.headers.first(b"content-type").is_none() {
                reply.headers.append("content-type", "text/plain");
            }
        }
        if is_grpc {
            reply = as_grpc(&reply, response.grpc_status);
        }
        Self { response: reply, details: response.details.to_owned() }
    }
}

/// A reply to a gRPC client: `grpc-status` and `grpc-message` take the place of status and body.
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
