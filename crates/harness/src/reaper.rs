//! Ends a child when this program is gone, however it ended: at its exit with the child in a static, or by SIGKILL.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its input, which is this program's. Signals of the terminal are for the others.
const SCRIPT: &str = r#"trap '' INT TERM HUP; read -r _; kill -9 "$0"; rm -rf "$1""#;

/// A shell that waits for this program to end.
pub(crate) struct Reaper(Child);

impl Reaper {
    /// Ends the process `id` and removes its directory once this program is gone.
    pub(crate) fn start(id: u32, directory: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, &id.to_string()]).arg(directory);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Self)
    }

    /// Ends the shell: from now on the process's id may become another's.
    pub(crate) fn dismiss(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
