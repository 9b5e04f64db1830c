//! A real httpbin.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result};
use proxy_filter_envoy::process::Process;

use crate::parts;

/// A running httpbin.
pub struct Httpbin {
    process: Process,
    address: SocketAddr,
}

impl Httpbin {
    /// Starts httpbin on a free port.
    ///
    /// # Errors
    /// httpbin is missing or does not start. The error includes its log.
    pub fn start() -> Result<Self> {
        let mut process = Process::start("httpbin", |_| {
            let mut command = Command::new(parts::venv().join("bin/waitress-serve"));
            command.args(["--listen=127.0.0.1:0", "--threads=8", "httpbin:app"]);
            Ok(command)
        })?;
        let port: u16 = process.wait_for("port in its log", |process| {
            let log = process.log();
            let (_, rest) = log.split_once("Serving on http://127.0.0.1:")?;
            let (port, _) = rest.split_once('\n')?;
            port.trim().parse().ok()
        })?;
        let address = format!("127.0.0.1:{port}").parse().context("httpbin's address")?;
        Ok(Self { process, address })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the end of its log.
    pub fn last_lines(&self) -> String {
        self.process.last_lines()
    }
}
