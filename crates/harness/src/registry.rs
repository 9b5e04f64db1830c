//! A real image registry: Debian's `docker-registry`.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::Result;
use proxy_filter_envoy::process::{Process, free_address};

use crate::parts;
use crate::scratch::Scratch;

/// The program's name.
pub const PROGRAM: &str = "docker-registry";

/// The only user of a registry with a password.
pub const USER: &str = "ann";

/// The user's password.
pub const PASSWORD: &str = "secret";

/// The password's bcrypt hash.
const HASH: &str = "$2a$04$8pGOr.SQ.JI6xPofcqQLmuu86oL3kmWWEM0bHh746EBR48t76d8tu";

/// A running registry.
pub struct Registry {
    // Dropped first: the program writes to the storage until it ends.
    _process: Process,
    address: SocketAddr,
    _storage: Scratch,
}

impl Registry {
    /// Starts an empty registry on a free port, open to everyone or only to [`USER`].
    ///
    /// # Errors
    /// The registry is missing or does not start. The error includes its log.
    pub fn start(with_password: bool) -> Result<Self> {
        let (address, storage) = (free_address()?, Scratch::new("registry-storage")?);
        Ok(Self { _process: run(address, storage.path(), with_password)?, address, _storage: storage })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn run(address: SocketAddr, storage: &Path, with_password: bool) -> Result<Process> {
    let mut process = Process::start("registry", |directory| {
        let users = directory.join("users");
        fs::write(&users, format!("{USER}:{HASH}\n"))?;
        let mut configuration = serde_json::json!({
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": storage}},
            "http": {"addr": address.to_string()},
        });
        if with_password {
            configuration["auth"] = serde_json::json!({"htpasswd": {"realm": "test", "path": users}});
        }
        let file = directory.join("config.yml");
        fs::write(&file, configuration.to_string())?;
        let mut command = parts::program(PROGRAM)?;
        command.arg("serve").arg(file);
        Ok(command)
    })?;
    process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
    Ok(process)
}
