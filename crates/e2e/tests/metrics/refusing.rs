//! An Envoy that runs `deploy/envoy/dynamic`, and refuses a listener.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::scratch::Scratch;
use harness::{Envoy, deployed, free_address, locate, parts};

/// The Envoy, and the directory that it watches.
pub(crate) struct Refusing {
    pub(crate) envoy: Envoy,
    directory: Scratch,
}

impl Refusing {
    /// Starts Envoy with the listener of add-header.
    pub(crate) fn start() -> Result<Self> {
        let directory = Scratch::new("refusing")?;
        fs::write(directory.path().join("listeners.yaml"), listener()?)?;
        fs::write(directory.path().join("clusters.yaml"), read("clusters.yaml")?)?;
        let watched = format!("{}/", directory.path().display());
        let bootstrap = read("envoy.yaml")?
            .replace("/etc/envoy/dynamic/", &watched)
            .replace("port_value: 9901", "port_value: 0");
        let envoy = Envoy::start_text(&locate::envoy(), "envoy.yaml", &bootstrap)?;
        Ok(Self { envoy, directory })
    }

    /// Gives Envoy a listener whose filter refuses its configuration, and waits until it has.
    pub(crate) fn refuse(&self) -> Result<()> {
        let right = listener()?;
        let wrong = right.replace("{name: hello,", "{name: not a name,");
        ensure!(wrong != right, "the listener adds no `hello`:\n{right}");
        let new = self.directory.path().join("new");
        fs::write(&new, wrong)?;
        fs::rename(&new, self.directory.path().join("listeners.yaml"))?;
        self.envoy.wait_for_log("configuration refused: response[0].name")
    }
}

fn listener() -> Result<String> {
    let port = free_address()?.port();
    let modules = format!("{}/", parts::filters().display());
    Ok(read("listeners/add-header.yaml")?
        .replace(deployed::MODULES, &modules)
        .replace("port_value: 10000", &format!("port_value: {port}")))
}

fn read(file: &str) -> Result<String> {
    let path = parts::root().join(Path::new("deploy/envoy/dynamic")).join(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}
