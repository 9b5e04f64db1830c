//! Attributes of plugins, connections, requests and responses, encoded as Envoy encodes them.

use proxy_filter::sys::{HostError, MapType};

use crate::context::{Attributes, Context};
use crate::headers::Headers;

/// The `vm_id` of all plugins.
pub const VM_ID: &str = "vm";

/// The ports of all clients and of the proxy.
const CLIENT_PORT: i64 = 40_711;
const PROXY_PORT: i64 = 10_000;

/// The time at which all requests arrive, in 2001.
const REQUEST_TIME_NANOSECONDS: i64 = 1_000_000_000_000_000_000;

fn attributes<const N: usize>(values: [(&str, Vec<u8>); N]) -> Attributes {
    values.map(|(path, value)| (path.replace('.', "\0").into_bytes(), value)).into()
}

fn number(number: i64) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}

/// Returns the attributes of a plugin.
pub(crate) fn of_plugin(name: &str) -> Attributes {
    attributes([
        ("plugin_name", name.into()),
        ("plugin_root_id", name.into()),
        ("plugin_vm_id", VM_ID.into()),
    ])
}

/// Returns the attributes of a client's connection.
pub(crate) fn of_connection(client: &str) -> Attributes {
    let source = match client.contains(':') {
        true => format!("[{client}]:{CLIENT_PORT}"),
        false => format!("{client}:{CLIENT_PORT}"),
    };
    attributes([
        ("source.address", source.into_bytes()),
        ("source.port", number(CLIENT_PORT)),
        ("destination.address", format!("127.0.0.1:{PROXY_PORT}").into_bytes()),
        ("destination.port", number(PROXY_PORT)),
        ("connection.id", number(1)),
        ("connection.mtls", vec![0]),
        ("connection.requested_server_name", Vec::new()),
        ("request.time", number(REQUEST_TIME_NANOSECONDS)),
        ("response.flags", number(0)),
        ("xds.listener_direction", number(0)),
        ("metadata", Vec::new()),
    ])
}

/// Returns the attributes that an HTTP stream adds to those of its connection. There is one route.
pub(crate) fn of_stream() -> Attributes {
    attributes([
        ("request.protocol", b"HTTP/1.1".to_vec()),
        ("xds.route_name", Vec::new()),
        ("xds.cluster_name", b"upstream".to_vec()),
    ])
}

/// Returns the attributes that a stream gains when Envoy chooses an upstream.
pub(crate) fn of_upstream() -> Attributes {
    attributes([("upstream.address", b"127.0.0.1:8000".to_vec()), ("xds.cluster_name", b"upstream".to_vec())])
}

/// Returns the attributes of a response.
pub(crate) fn of_response(status: u16, details: &str) -> Attributes {
    attributes([("response.code", number(status.into())), ("response.code_details", details.into())])
}

/// Reads the current value of an attribute in a context.
pub(crate) fn get(context: &Context, path: &[u8]) -> Result<Vec<u8>, HostError> {
    if path.is_empty() {
        return Err(HostError::SerializationFailure);
    }
    if let Some(value) = context.attributes.get(path).or_else(|| context.filter_state.get(path)) {
        return Ok(value.clone());
    }
    let mut segments = path.splitn(3, |byte| *byte == 0);
    let (object, field, key) = (segments.next(), segments.next(), segments.next());
    let map = match object {
        Some(b"filter_state") => {
            let name = field.and_then(|field| field.strip_prefix(b"wasm.")).ok_or(HostError::NotFound)?;
            return context.filter_state.get(name).cloned().ok_or(HostError::NotFound);
        }
        Some(b"request") => MapType::RequestHeaders,
        Some(b"response") => MapType::ResponseHeaders,
        _ => return Err(HostError::NotFound),
    };
    let maps = context.logged.as_ref().unwrap_or(&context.maps);
    let headers = maps.get(&map).ok_or(HostError::NotFound)?;
    let value = match (map, field, key) {
        (_, Some(b"headers"), Some(name)) => joined(headers, name),
        (MapType::RequestHeaders, Some(field), None) => of_request(headers, field),
        _ => None,
    };
    value.ok_or(HostError::NotFound)
}

/// Joins the values of a header with commas.
fn joined(headers: &Headers, name: &[u8]) -> Option<Vec<u8>> {
    let values: Vec<_> = headers.iter().filter(|(n, _)| *n == name).map(|(_, value)| value).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}

fn of_request(headers: &Headers, field: &[u8]) -> Option<Vec<u8>> {
    let path = || headers.first(b":path");
    let value = match field {
        b"path" => path()?,
        b"url_path" => path()?.split(|byte| *byte == b'?').next()?,
        b"query" => path()?.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default(),
        b"host" => headers.first(b":authority")?,
        b"method" => headers.first(b":method")?,
        b"scheme" => headers.first(b":scheme").unwrap_or(b"http"),
        b"id" => headers.first(b"x-request-id")?,
        _ => return None,
    };
    Some(value.to_vec())
}
