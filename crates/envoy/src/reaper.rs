//! Ends a child process once this program has ended, even by exiting with the child in a static, or by SIGKILL.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits until its input ends, which happens when this program ends. Ignores signals that a terminal sends to both.
const SCRIPT: &str = r#"trap '' INT TERM HUP; read -r _; kill -9 "$0"; rm -rf "$1""#;

/// A shell that waits for this program to end.
pub(crate) struct Reaper(Child);

impl Reaper {
    /// Kills the process `id` and removes `directory` once this program has ended.
    pub(crate) fn start(id: u32, directory: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, &id.to_string()]).arg(directory);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Self)
    }

    /// Ends the shell before another process can get the child's id.
    pub(crate) fn dismiss(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
