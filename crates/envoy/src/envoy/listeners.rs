//! The addresses of Envoy's listeners.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::{Result, bail};

use crate::http::Request;

/// Returns the active listeners' addresses.
pub(super) fn addresses(admin: SocketAddr) -> Result<HashMap<String, SocketAddr>> {
    let json = Request::get("/listeners?format=json").send(admin)?.json()?;
    let statuses = json["listener_statuses"].as_array().cloned().unwrap_or_default();
    let mut listeners = HashMap::new();
    for status in statuses {
        let address = &status["local_address"]["socket_address"];
        let (Some(name), Some(ip), Some(port)) =
            (status["name"].as_str(), address["address"].as_str(), address["port_value"].as_u64())
        else {
            bail!("Envoy reports a listener without a name or address: {status}");
        };
        listeners.insert(name.to_owned(), format!("{ip}:{port}").parse()?);
    }
    Ok(listeners)
}
