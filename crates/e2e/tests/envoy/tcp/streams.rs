//! Long streams in both directions: order, completeness, half-close.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::fixture::Fixture;

use super::listener::Listener;
use super::upstream;

const MIB: usize = 1 << 20;

/// The most bytes in one write.
const LARGEST_WRITE: usize = 200_000;

/// A stream that both sides can compute: the same seed gives the same bytes.
#[derive(Clone, Copy)]
struct Stream {
    seed: u64,
    size: usize,
}

impl Stream {
    /// Sends the stream in chunks of random sizes, then half-closes.
    fn send(self, mut connection: &TcpStream) -> Result<()> {
        let (mut bytes, mut sizes) = (Rng::with_seed(self.seed), Rng::with_seed(!self.seed));
        let (mut part, mut left) = (vec![0; LARGEST_WRITE], self.size);
        while left > 0 {
            // Whole words, so that the generator gives the same bytes however they are cut.
            let words = sizes.usize(1..=LARGEST_WRITE / 8).saturating_mul(8);
            let part = part.get_mut(..words.min(left)).context("a part is larger than the buffer")?;
            bytes.fill(part);
            connection.write_all(part)?;
            left = left.saturating_sub(part.len());
        }
        connection.shutdown(Shutdown::Write)?;
        Ok(())
    }

    /// Reads to the end of the connection, and expects `prefix` followed by this stream.
    fn expect(self, mut connection: &TcpStream, prefix: &[u8]) -> Result<()> {
        let mut arrived = Vec::with_capacity(self.size.saturating_add(prefix.len()));
        connection.read_to_end(&mut arrived)?;
        let rest = arrived.strip_prefix(prefix).with_context(|| {
            let begin = arrived.get(..prefix.len()).unwrap_or(&arrived);
            format!("the stream begins with {}", begin.escape_ascii())
        })?;
        let mut expected = vec![0; self.size];
        Rng::with_seed(self.seed).fill(&mut expected);
        ensure!(rest.len() == self.size, "{} bytes arrived, expected {}", rest.len(), self.size);
        let wrong = rest.iter().zip(&expected).position(|(one, other)| one != other);
        ensure!(wrong.is_none(), "byte {wrong:?} differs");
        Ok(())
    }
}

/// Sends one stream while it reads the other.
fn talk(connection: TcpStream, sent: Stream, prefix: &'static [u8], expected: Stream) -> Result<()> {
    let reader = connection.try_clone()?;
    let reader = thread::spawn(move || expected.expect(&reader, prefix));
    sent.send(&connection)?;
    upstream::ended(reader, "the reader")
}

pub(super) fn both_ways(fixture: &Fixture) -> Result<()> {
    // Sixteen times what Envoy buffers.
    const SIZE: usize = 16 * MIB;
    let (up, down) = (Stream { seed: 1, size: SIZE }, Stream { seed: 2, size: SIZE });
    let (address, server) = upstream::serve(move |connection| talk(connection, down, b"up:", up))?;
    let configuration =
        r#"{"to_upstream": {"payload": {"text": "up:"}}, "to_client": {"payload": {"text": "down:"}}}"#;
    let through = Listener::start(fixture, configuration, address)?;
    let begin = Instant::now();
    talk(upstream::patient(TcpStream::connect(through.address()?)?)?, up, b"down:", down)
        .context("the client")?;
    upstream::ended(server, "the upstream")?;
    println!("tcp-prepend: {} bytes each way at once in {:.1} s", SIZE, begin.elapsed().as_secs_f64());
    Ok(())
}

/// The side that half-closes first still receives the rest.
pub(super) fn half_closes(fixture: &Fixture) -> Result<()> {
    let (short, long) = (Stream { seed: 3, size: 8 }, Stream { seed: 4, size: 4 * MIB });
    let configuration =
        r#"{"to_upstream": {"payload": {"text": "up:"}}, "to_client": {"payload": {"text": "down:"}}}"#;
    // The client half-closes first: the upstream answers when it has read everything.
    let (address, server) = upstream::serve(move |connection| {
        short.expect(&connection, b"up:")?;
        long.send(&connection)
    })?;
    let through = Listener::start(fixture, configuration, address)?;
    let client = upstream::patient(TcpStream::connect(through.address()?)?)?;
    short.send(&client)?;
    long.expect(&client, b"down:").context("the client that half-closed first")?;
    upstream::ended(server, "the upstream")?;
    // The upstream half-closes first: the client answers when it has read everything.
    let (address, server) = upstream::serve(move |connection| {
        short.send(&connection)?;
        long.expect(&connection, b"up:")
    })?;
    let through = Listener::start(fixture, configuration, address)?;
    let client = upstream::patient(TcpStream::connect(through.address()?)?)?;
    short.expect(&client, b"down:").context("the client that half-closed last")?;
    long.send(&client)?;
    upstream::ended(server, "the upstream that half-closed first")
}

pub(super) fn every_chunk(fixture: &Fixture) -> Result<()> {
    const SIZE: usize = 4 * MIB;
    const MOST: usize = 5;
    let marker = "marker, marker: ";
    let (address, server) = upstream::serve(move |mut connection| {
        let mut arrived = Vec::new();
        connection.read_to_end(&mut arrived)?;
        let markers = arrived.windows(marker.len()).filter(|window| *window == marker.as_bytes()).count();
        ensure!(markers == MOST, "{markers} payloads arrived, expected {MOST}");
        let all = SIZE.saturating_add(MOST.saturating_mul(marker.len()));
        ensure!(arrived.len() == all, "{} bytes arrived, expected {all}", arrived.len());
        Ok(())
    })?;
    let through = Listener::start(
        fixture,
        &format!(
            r#"{{"to_upstream": {{"payload": {{"text": "{marker}"}}, "every_chunk": true, "most_chunks": {MOST}}}}}"#
        ),
        address,
    )?;
    let mut client = upstream::patient(TcpStream::connect(through.address()?)?)?;
    Stream { seed: 5, size: SIZE }.send(&client)?;
    let end = client.read(&mut [0]);
    ensure!(
        matches!(&end, Ok(0)) || matches!(&end, Err(error) if error.kind() == ErrorKind::ConnectionReset),
        "{end:?}"
    );
    upstream::ended(server, "the upstream")
}
