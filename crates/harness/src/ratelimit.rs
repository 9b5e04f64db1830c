//! A real envoyproxy/ratelimit, built by `go install`.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::process::{Process, free_address};

use crate::parts;

/// The program's name.
pub const PROGRAM: &str = "service_cmd";

/// Returns the program's path.
pub fn program() -> PathBuf {
    parts::go().join(PROGRAM)
}

/// A running envoyproxy/ratelimit.
pub struct Ratelimit {
    _process: Process,
    address: SocketAddr,
}

impl Ratelimit {
    /// Starts the service on a free port. `environment` has lines `NAME=value`; the test's addresses and directory
    /// replace those in it.
    ///
    /// # Errors
    /// The program is missing or does not start, or `environment` lacks a variable. The error includes the log.
    pub fn start(redis: SocketAddr, environment: &str, limits: &str) -> Result<Self> {
        let (address, http, debug) = (free_address()?, free_address()?, free_address()?);
        let mut process = Process::start("ratelimit", |directory| {
            let folder = directory.join("ratelimit/config");
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("limits.yaml"), limits)?;
            let mut command = Command::new(program());
            let lines = environment.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
            let variables = lines.map(|line| {
                line.split_once('=').with_context(|| format!("environment line `{line}` has no `=`"))
            });
            command.env_clear().envs(variables.collect::<Result<Vec<_>>>()?);
            for (name, value) in [
                ("RUNTIME_ROOT", directory.display().to_string()),
                ("REDIS_URL", redis.to_string()),
                ("GRPC_PORT", address.port().to_string()),
                ("PORT", http.port().to_string()),
                ("DEBUG_PORT", debug.port().to_string()),
            ] {
                ensure!(environment.contains(&format!("\n{name}=")), "the environment sets no {name}");
                command.env(name, value);
            }
            Ok(command)
        })?;
        process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
        Ok(Self { _process: process, address })
    }

    /// Returns the address for gRPC.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
