//! An upstream that sends back what it has read, once its client has nothing more to say.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::upstream;

/// How long to wait for connections to arrive or to end.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    /// The connections on which something has arrived.
    open: Arc<AtomicUsize>,
}

impl Upstream {
    pub(super) fn start() -> Result<Self> {
        let open = Arc::default();
        let counted = Arc::clone(&open);
        let address = upstream::start(move |connection| serve(connection, &counted))?;
        Ok(Self { address, open })
    }

    /// Waits until this many connections have brought something and are open.
    pub(super) fn wait_for(&self, connections: usize) -> Result<()> {
        let start = Instant::now();
        let open = || self.open.load(Ordering::SeqCst);
        while open() != connections {
            ensure!(start.elapsed() < PATIENCE, "{} connections, expected {connections}", open());
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

fn serve(mut connection: TcpStream, open: &AtomicUsize) {
    let (mut received, mut byte) = (Vec::new(), [0]);
    if !matches!(connection.read(&mut byte), Ok(1)) {
        return;
    }
    open.fetch_add(1, Ordering::SeqCst);
    received.extend(byte);
    let read = connection.read_to_end(&mut received);
    if read.is_ok() {
        _ = connection.write_all(&received);
    }
    drop(connection);
    open.fetch_sub(1, Ordering::SeqCst);
}
