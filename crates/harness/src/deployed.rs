//! The files of `deploy/`, with a test's ports and paths.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::parts;

/// The directory in which the files expect the modules.
pub const MODULES: &str = "/etc/envoy/filters/";

/// The ports of the files' admin interface and listener.
const LISTENING: [u16; 2] = [9901, 10000];

/// Reads a file's text, makes it listen on free ports, and replaces each port in `upstreams` with its address's port.
///
/// # Errors
/// The file is missing, or a port does not occur exactly once.
pub fn configuration(file: &str, upstreams: &[(u16, SocketAddr)]) -> Result<String> {
    let field = |port: u16| format!("port_value: {port}}}");
    let listening = LISTENING.map(|port| (field(port), field(0)));
    let upstreams = upstreams.iter().map(|(port, address)| (field(*port), field(address.port())));
    let replacements: Vec<_> = listening.into_iter().chain(upstreams).collect();
    adapted(&Path::new("envoy").join(file), &replacements)
}

/// Reads the text of a file of `deploy/`, makes it load the built modules, and replaces each text by the other of its pair.
///
/// # Errors
/// The file is missing, or a text does not occur exactly once.
pub fn adapted(file: &Path, replacements: &[(String, String)]) -> Result<String> {
    let path = parts::root().join("deploy").join(file);
    let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    for (from, to) in replacements {
        let found = text.matches(from).count();
        ensure!(found == 1, "{} has `{from}` {found} times, expected once", path.display());
        text = text.replace(from, to);
    }
    Ok(text.replace(MODULES, &format!("{}/", parts::filters().display())))
}
