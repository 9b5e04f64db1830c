//! A real Redis, which keeps nothing on disk.

use std::net::SocketAddr;

use anyhow::Result;

use crate::parts;
use crate::process::{Process, free_address};

/// Its program.
pub const PROGRAM: &str = "redis-server";

/// Its client.
pub const CLIENT: &str = "redis-cli";

/// A running Redis.
pub struct Redis {
    process: Process,
    address: SocketAddr,
}

impl Redis {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it before its value is dropped.
    pub fn end(&mut self) {
        self.process.end();
    }
}
