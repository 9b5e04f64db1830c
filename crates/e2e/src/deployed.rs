//! The files of `deploy/envoy`, with the test's ports and paths in place of theirs.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use harness::parts;

/// A file's text, in which each port stands for that of an address of the test.
///
/// # Errors
/// There is no such file, or it does not have each port once.
pub fn configuration(file: &str, ports: &[(u16, SocketAddr)]) -> Result<String> {
    let path = parts::root().join("deploy/envoy").join(file);
    let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let port = |port: u16| format!("port_value: {port}}}");
    let listening = [9901, 10000].map(|theirs| (port(theirs), port(0)));
    let upstreams = ports.iter().map(|(theirs, ours)| (port(*theirs), port(ours.port())));
    for (theirs, ours) in listening.into_iter().chain(upstreams) {
        ensure!(text.matches(&theirs).count() == 1, "{} has not one `{theirs}`", path.display());
        text = text.replace(&theirs, &ours);
    }
    Ok(text.replace(FILTERS, &format!("{}/", parts::filters().display())))
}

/// Where the files expect the modules.
const FILTERS: &str = "/etc/envoy/filters/";
