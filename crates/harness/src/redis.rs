//! A real Redis that keeps nothing on disk.

use std::net::SocketAddr;

use anyhow::Result;
use proxy_filter_envoy::process::{Process, free_address};

use crate::parts;

/// The name of the server's program.
pub const PROGRAM: &str = "redis-server";

/// The name of the client's program.
pub const CLIENT: &str = "redis-cli";

/// A running Redis.
pub struct Redis {
    process: Process,
    address: SocketAddr,
}

impl Redis {
    /// Starts Redis on a free port.
    ///
    /// # Errors
    /// Redis is missing or does not start. The error includes its log.
    pub fn start() -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start("redis", |directory| {
            let mut command = parts::program(PROGRAM)?;
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.args(["--port", &address.port().to_string()]).arg("--dir").arg(directory);
            Ok(command)
        })?;
        process.wait_for("readiness in its log", |process| {
            process.log().contains("Ready to accept connections").then_some(())
        })?;
        Ok(Self { process, address })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends Redis before its value is dropped.
    pub fn end(&mut self) {
        self.process.end();
    }
}
