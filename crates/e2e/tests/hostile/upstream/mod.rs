//! The upstream of every listener: it checks what the filters let through, and responds as the request asks it to.

mod head;
mod marks;
mod reader;
mod wrong;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use harness::upstream;

use crate::responses;
use head::value;

pub(crate) use marks::{FORGED, HANG, LISTENER, RESPONSE, SMUGGLED};

/// The body of ordinary responses, which rate-limit-body reads.
const BODY: &str = r#"{"usage": {"total_tokens": 3}}"#;

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    hanging: AtomicUsize,
    /// What should not have come through.
    wrong: Mutex<Vec<String>>,
}

impl Upstream {
    pub(crate) fn start() -> Result<Self> {
        let seen = Arc::<Seen>::default();
        let serving = Arc::clone(&seen);
        Ok(Self { address: upstream::start(move |connection| serving.serve(connection))?, seen })
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that wait for no response.
    pub(crate) fn hanging(&self) -> usize {
        self.seen.hanging.load(Ordering::SeqCst)
    }

    /// Fails if a request came through that a filter should have changed or Envoy should not have seen.
    pub(crate) fn expect_nothing_wrong(&self) -> Result<()> {
        let wrong = self.seen.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(wrong.is_empty(), "{} wrong requests, the first: {:?}", wrong.len(), wrong.first());
        Ok(())
    }
}

impl Seen {
    fn note(&self, wrong: Option<String>) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
    }

    /// Serves the requests of a connection until it closes.
    fn serve(&self, mut connection: TcpStream) -> Result<()> {
        connection.set_nodelay(true)?;
        let mut received = Vec::new();
        loop {
            let head = reader::read_head(&mut connection, &mut received)?;
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.note(wrong::of_head(&head));
            if value(&head, HANG).is_some() {
                self.hanging.fetch_add(1, Ordering::SeqCst);
                // Until Envoy closes the connection.
                let ended = connection.read_to_end(&mut received);
                self.hanging.fetch_sub(1, Ordering::SeqCst);
                ended?;
                return Ok(());
            }
            if let Some(number) = value(&head, RESPONSE) {
                return respond(&mut connection, number);
            }
            let trailers = reader::read_body(&mut connection, &head, &mut received)?;
            self.note(wrong::of_trailers(&head, &trailers));
            connection.write_all(ordinary().as_bytes())?;
        }
    }
}

fn ordinary() -> String {
    let headers =
        "content-type: application/json\r\nx-cost: 3\r\nset-cookie: id=1; Path=/; Domain=a.internal";
    format!("HTTP/1.1 200 OK\r\n{headers}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len())
}

/// Sends a hostile response in its parts, and closes.
fn respond(connection: &mut TcpStream, number: &str) -> Result<()> {
    let all = responses::all();
    let Some(response) = number.parse().ok().and_then(|number: usize| all.get(number)) else {
        bail!("no response {number}");
    };
    for part in &response.parts {
        connection.write_all(part)?;
        if response.parts.len() > 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}
