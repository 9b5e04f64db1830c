//! Limitador on a real Redis: the program of `crates/limitador-redis`.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::Result;

use crate::parts;
use crate::process::{Process, free_address};

/// The program's manifest, from the repository's root.
pub const MANIFEST: &str = "crates/limitador-redis/Cargo.toml";

/// A running Limitador.
pub struct Limitador {
    _process: Process,
    address: SocketAddr,
}

impl Limitador {
    /// Starts one on a free port, with limits as in a file of Limitador's.
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
    pub fn start(redis: SocketAddr, limits: &str) -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start("limitador", |directory| {
            let file = directory.join("limits.yaml");
            fs::write(&file, limits)?;
            let mut command = Command::new(parts::limitador_redis());
            command.arg(address.to_string()).arg(file).arg(redis.to_string());
            Ok(command)
        })?;
        process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
        Ok(Self { _process: process, address })
    }

    /// Where it listens for gRPC.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
