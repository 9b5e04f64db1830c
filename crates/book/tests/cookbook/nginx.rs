//! The nginx that runs the jobs as nginx does them, and the one that reads the PROXY protocol.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use anyhow::{Result, ensure};
use harness::certificate::Certificate;
use harness::free_address;
use harness::nginx::Nginx;

/// What stands for the port in the configurations.
const LISTEN: &str = "listen 80;";

/// What stands for the upstream in the configurations.
const UPSTREAM: &str = "http://app";

/// An nginx with a server for each configuration.
pub(crate) struct Servers {
    /// Keeps it running.
    _nginx: Nginx,
    addresses: BTreeMap<String, SocketAddr>,
}

impl Servers {
    /// Starts nginx with these configurations, each by its name and with its upstream. As Envoy does, it takes the client's
    /// address from the PROXY protocol.
    pub(crate) fn start(configurations: &[(String, &str, SocketAddr)]) -> Result<Self> {
        let mut addresses = BTreeMap::new();
        let nginx = Nginx::serve(|unused, _| {
            let mut http = format!(
                "access_log off; set_real_ip_from 127.0.0.0/8; real_ip_header proxy_protocol;\n\
                 server {{ listen {unused}; }}\n"
            );
            for (number, (name, configuration, upstream)) in configurations.iter().enumerate() {
                ensure!(configuration.contains(LISTEN), "{name} has no `{LISTEN}`");
                let address = free_address()?;
                http += &format!("upstream app{number} {{ server {upstream}; }}\n");
                http += &configuration
                    .replace(LISTEN, &format!("listen {address} proxy_protocol;"))
                    .replace(UPSTREAM, &format!("{UPSTREAM}{number}"));
                addresses.insert(name.clone(), address);
            }
            Ok(http)
        })?;
        Ok(Self { _nginx: nginx, addresses })
    }

    /// Returns the address of a configuration's server.
    pub(crate) fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.get(name).copied()
    }
}

/// Starts an nginx that reads PROXY protocol headers, terminates TLS behind them, and logs the client's address and the
/// server name.
pub(crate) fn behind_proxy(certificate: &Certificate) -> Result<Nginx> {
    Nginx::serve(|address, directory| {
        fs::write(directory.join("certificate.pem"), &certificate.pem)?;
        fs::write(directory.join("key.pem"), &certificate.key)?;
        Ok(format!(
            "log_format client '$proxy_protocol_addr $ssl_server_name';\n\
             server {{\n\
             listen {address} ssl proxy_protocol; ssl_certificate certificate.pem; ssl_certificate_key key.pem;\n\
             access_log access.log client; location / {{ return 200 'hello'; }}\n\
             }}"
        ))
    })
}
