//! Decides about TCP connections before their first byte: admits those from one network, closes all others, and counts those
//! that are open. The configuration is the network's first octet, such as `127`.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;

use proxy_filter::attribute::SOURCE_ADDRESS;
use proxy_filter::prelude::*;

pub struct AdmitNetwork {
    first: u8,
    open: Rc<Cell<usize>>,
}

/// An open connection. When it ends, however it ends, the layer drops it.
#[derive(Default)]
pub struct Connection {
    open: Option<Rc<Cell<usize>>>,
}

impl Filter for AdmitNetwork {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let first = std::str::from_utf8(configuration).ok().and_then(|octet| octet.trim().parse().ok());
        let first =
            first.ok_or_else(|| ConfigError::new("give the first octet of a network, such as `127`"))?;
        Ok(Self { first, open: Rc::default() })
    }
}

impl TcpFilter for AdmitNetwork {
    type Connection = Connection;
}

impl OnNewConnection for AdmitNetwork {
    fn on_new_connection(&self, connection: &mut Connection) -> Result<TcpFlow, HostError> {
        let is_inside = match SOURCE_ADDRESS.get()?.map(|address| address.ip()) {
            Some(IpAddr::V4(ip)) => ip.octets().first() == Some(&self.first),
            _ => false,
        };
        if !is_inside {
            log::info!("closed");
            return Ok(TcpFlow::Close);
        }
        self.open.set(self.open.get().saturating_add(1));
        log::info!("admitted: {} open", self.open.get());
        connection.open = Some(Rc::clone(&self.open));
        Ok(TcpFlow::Continue)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            open.set(open.get().saturating_sub(1));
            log::info!("ended: {} open", open.get());
        }
    }
}

proxy_filter::tcp_filter!(AdmitNetwork: NewConnection);
