//! Reads attributes: replies to every request with its attributes, one per line.

use std::fmt::Debug;

use proxy_filter::attribute::{self, Attribute, FromAttribute};
use proxy_filter::prelude::*;

pub struct ShowAttributes;

impl Filter for ShowAttributes {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl HttpFilter for ShowAttributes {
    type Stream = ();
    type Tag = NoTag;
}

/// Formats text from a request, which may be any bytes.
fn text(name: &str, attribute: &Attribute<Vec<u8>>) -> Result<String, HostError> {
    Ok(format!("{name}: `{}`\n", attribute.get()?.unwrap_or_default().escape_ascii()))
}

fn line<T: FromAttribute + Debug>(name: &str, attribute: &Attribute<T>) -> Result<String, HostError> {
    Ok(match attribute.get()? {
        Some(value) => format!("{name}: {value:?}\n"),
        None => format!("{name} is absent\n"),
    })
}

impl OnRequestHeaders for ShowAttributes {
    fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> {
        let lines = [
            text("method", &attribute::REQUEST_METHOD)?,
            text("path", &attribute::REQUEST_PATH)?,
            text("url path", &attribute::REQUEST_URL_PATH)?,
            text("query", &attribute::REQUEST_QUERY)?,
            text("host", &attribute::REQUEST_HOST)?,
            text("scheme", &attribute::REQUEST_SCHEME)?,
            line("protocol", &attribute::REQUEST_PROTOCOL)?,
            line("x-a", &Attribute::<String>::at(&["request", "headers", "x-a"]))?,
            line("x-b", &Attribute::<String>::at(&["request", "headers", "x-b"]))?,
            line("response code", &attribute::RESPONSE_CODE)?,
            line("response flags", &attribute::RESPONSE_FLAGS)?,
            line("mutual TLS", &attribute::CONNECTION_MTLS)?,
            line("server name", &attribute::CONNECTION_REQUESTED_SERVER_NAME)?,
            line("TLS version", &attribute::CONNECTION_TLS_VERSION)?,
            line("certificate", &attribute::CONNECTION_SUBJECT_PEER_CERTIFICATE)?,
            line("URI of certificate", &attribute::CONNECTION_URI_SAN_PEER_CERTIFICATE)?,
            line("route", &attribute::ROUTE_NAME)?,
            line("cluster", &attribute::CLUSTER_NAME)?,
            line("direction", &attribute::LISTENER_DIRECTION)?,
            line("metadata", &Attribute::<String>::metadata("a.filter", "key"))?,
            line("plugin", &attribute::PLUGIN_NAME)?,
            line("root", &attribute::PLUGIN_ROOT_ID)?,
            line("VM", &attribute::PLUGIN_VM_ID)?,
            format!("client: {:?}\n", attribute::SOURCE_ADDRESS.get()?.map(|address| address.ip())),
            format!("proxy: {:?}\n", attribute::DESTINATION_ADDRESS.get()?.map(|address| address.ip())),
            format!("port of the client: {}\n", attribute::SOURCE_PORT.get()?.is_some()),
            format!(
                "port of the proxy: {}\n",
                attribute::DESTINATION_PORT.get()?.is_some_and(|port| port > 0)
            ),
            format!("connection: {}\n", attribute::CONNECTION_ID.get()?.is_some()),
            format!("time: {}\n", attribute::REQUEST_TIME.get()?.is_some()),
            format!("id: {}\n", attribute::REQUEST_ID.get()?.is_some()),
            format!("upstream: {}\n", attribute::UPSTREAM_ADDRESS.get()?.is_some()),
        ];
        Ok(Flow::Reply(Reply::new(200).body(lines.concat())))
    }
}

proxy_filter::http_filter!(ShowAttributes: RequestHeaders);
