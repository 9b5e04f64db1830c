//! A server that has the module.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use cargo_proxy_filter::oci::digest::sha256;
use harness::bootstrap::Bootstrap;
use harness::parts;
use serde_json::{Value, json};

/// The cluster of the server.
const CLUSTER: &str = "modules";

/// A server that responds to each request with the module, after a delay.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(delay: Duration) -> Result<Self> {
        let (listener, module) =
            (TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, fs::read(parts::filter("add-header"))?);
        let (address, requests) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&requests);
        // Ends with the test's process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::Relaxed);
                thread::sleep(delay);
                // A client that has left is not this server's concern.
                _ = respond(connection, &module);
            }
        });
        Ok(Self { address, requests })
    }

    /// Returns how many requests arrived.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Adds the server as a cluster.
    pub(crate) fn cluster(&self, bootstrap: Bootstrap) -> Bootstrap {
        bootstrap.cluster(CLUSTER, self.address)
    }
}

fn respond(mut connection: TcpStream, module: &[u8]) -> Result<()> {
    _ = connection.read(&mut [0; 4096])?;
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", module.len());
    connection.write_all(&[head.as_bytes(), module].concat())?;
    Ok(())
}

/// Returns code that Envoy fetches from the server.
pub(crate) fn remote() -> Result<Value> {
    Ok(with_sum(&sha256(&fs::read(parts::filter("add-header"))?)))
}

/// Returns code that Envoy fetches, if it has this SHA-256.
pub(crate) fn with_sum(sha256: &str) -> Value {
    let uri = json!({"uri": "http://modules.example/add-header.wasm", "cluster": CLUSTER, "timeout": "10s"});
    json!({"remote": {"http_uri": uri, "sha256": sha256}})
}
