//! An upstream of HTTP requests and TCP connections that says which have reached it, and keeps those that are to wait.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use harness::upstream;

/// What a client writes before its name, and after it.
pub(crate) const NAME: [&str; 2] = ["name-", "\r\n"];

/// The path of requests that wait until they are closed. Others get 200 at once.
pub(crate) const WAIT: &str = "/wait";

/// The path of requests whose response takes [`DELAY`].
pub(crate) const SLOW: &str = "/slow";

/// Longer than a drain takes.
const DELAY: Duration = Duration::from_millis(1500);

/// A listening upstream. Its threads end with the process.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    names: Arc<Names>,
}

/// The clients that have reached the upstream.
#[derive(Default)]
struct Names(Mutex<HashSet<String>>);

impl Upstream {
    pub(crate) fn start() -> Result<Self> {
        let names = Arc::<Names>::default();
        let serving = Arc::clone(&names);
        Ok(Self { address: upstream::start(move |connection| serving.serve(connection))?, names })
    }

    /// Returns whether the client of this name has reached the upstream.
    pub(crate) fn saw(&self, name: &str) -> bool {
        self.names.lock().contains(name)
    }
}

impl Names {
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut connection: TcpStream) -> Result<()> {
        let [before, after] = NAME;
        let (mut received, mut part) = (String::new(), [0; 4096]);
        loop {
            let size = connection.read(&mut part)?;
            if size == 0 {
                return Ok(());
            }
            received += &String::from_utf8_lossy(part.get(..size).unwrap_or_default());
            let named = received.split_once(before).and_then(|(_, rest)| rest.split_once(after));
            if let Some((name, _)) = named {
                self.lock().insert(name.to_owned());
            }
            let is_request = received.starts_with("GET ") && received.ends_with("\r\n\r\n");
            if is_request && !received.contains(WAIT) {
                if received.contains(SLOW) {
                    thread::sleep(DELAY);
                }
                connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
                received.clear();
            }
        }
    }
}
