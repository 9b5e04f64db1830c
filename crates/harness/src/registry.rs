//! A real registry of images: Debian's `docker-registry`.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::parts;
use crate::process::{Process, free_address, fresh_directory};

/// Its program.
pub const PROGRAM: &str = "docker-registry";

/// The one user whom a registry with a password knows.
pub const USER: &str = "ann";

/// Her password.
pub const PASSWORD: &str = "secret";

/// The password as the registry keeps it (bcrypt).
const HASH: &str = "$2a$04$8pGOr.SQ.JI6xPofcqQLmuu86oL3kmWWEM0bHh746EBR48t76d8tu";

/// A running registry.
pub struct Registry {
    process: Process,
    address: SocketAddr,
    folder: PathBuf,
    with_password: bool,
}

impl Registry {
    /// Starts an empty one on a free port, open to all or to [`USER`].
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
    pub fn start(with_password: bool) -> Result<Self> {
        let (address, folder) = (free_address()?, fresh_directory("registry-storage")?);
        Ok(Self { process: run(address, &folder, with_password)?, address, folder, with_password })
    }

    /// Ends it; what it has stays.
    pub fn end(&self) {
        self.process.end();
    }

    /// Starts it again at the same address, with what it had.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_again(&mut self) -> Result<()> {
        self.process = run(self.address, &self.folder, self.with_password)?;
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.end();
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(address: SocketAddr, folder: &Path, with_password: bool) -> Result<Process> {
    let mut process = Process::start("registry", |directory| {
        let users = directory.join("users");
        fs::write(&users, format!("{USER}:{HASH}\n"))?;
        let mut configuration = serde_json::json!({
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": folder}},
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
