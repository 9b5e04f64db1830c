//! An upstream that speaks HTTP/2, one hostile response after the other.

mod responses;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use harness::h2::{self, PREFACE, flag, frame, frames, kind, settings};
use harness::upstream;

use crate::exchange::Expected::Any;
use crate::kind::Kind;
use crate::message::Message;

/// The request header by which Envoy's routes choose this upstream.
pub(crate) const CHOOSES: &str = "x-upstream-http2";

#[derive(Clone)]
pub(crate) struct Http2Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Hostile responses so far.
    hostile: AtomicUsize,
    /// Set when all responses are ordinary.
    ordinary: AtomicBool,
}

impl Http2Upstream {
    pub(crate) fn start() -> Result<Self> {
        let state = Arc::default();
        let shared = Arc::clone(&state);
        let address = upstream::start(move |connection| serve(connection, &shared))?;
        Ok(Self { address, state })
    }

    /// Returns a request for each response, in both versions of HTTP. The upstream sends its responses in turn, because it does not
    /// decode the headers of requests, which Envoy compresses. So a request may get another response than the one in its name.
    pub(crate) fn requests() -> Vec<Kind> {
        let request = Message::get("/shop/e/1/by/2").header(CHOOSES, "1");
        let each = |name| Kind::both(&format!("a response in HTTP/2 such as {name}"), &request, Any);
        responses::all().into_iter().flat_map(|response| each(response.name)).collect()
    }

    /// Sends ordinary responses from now on. Returns the number of hostile ones, of which each kind was there.
    pub(crate) fn end(&self) -> Result<usize> {
        self.state.ordinary.store(true, Ordering::SeqCst);
        let (sent, kinds) = (self.state.hostile.load(Ordering::SeqCst), responses::all().len());
        ensure!(sent >= kinds, "only {sent} of {kinds} hostile responses in HTTP/2 were asked for");
        Ok(sent)
    }
}

/// Serves a connection until it closes.
fn serve(mut connection: TcpStream, state: &State) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut preface = [0; PREFACE.len()];
    connection.read_exact(&mut preface)?;
    connection.write_all(&settings(&[]))?;
    let all = responses::all();
    let (mut received, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let size = connection.read(&mut part)?;
        if size == 0 {
            return Ok(());
        }
        received.extend_from_slice(part.get(..size).unwrap_or_default());
        let (arrived, read) = frames(&received);
        let mut answers = Vec::new();
        for h2::Frame { kind, flags, stream, .. } in arrived {
            match kind {
                kind::SETTINGS if flags & flag::ACK == 0 => {
                    answers.extend(frame(kind::SETTINGS, flag::ACK, 0, b""));
                }
                kind::HEADERS | kind::DATA if flags & flag::END_STREAM != 0 => {
                    answers.extend(response(state, &all, stream));
                }
                _ => {}
            }
        }
        received.drain(..read);
        connection.write_all(&answers)?;
    }
}

/// Returns the frames of the next response.
fn response(state: &State, all: &[responses::Response], stream: u32) -> Vec<u8> {
    if state.ordinary.load(Ordering::SeqCst) {
        return responses::ordinary(stream);
    }
    let number = state.hostile.fetch_add(1, Ordering::SeqCst);
    let next = number.checked_rem(all.len()).and_then(|index| all.get(index));
    next.map(|response| (response.frames)(stream)).unwrap_or_default()
}
