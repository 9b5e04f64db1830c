//! A TCP proxy that breaks connections.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// Forwards connections to an address until it has sent this many bytes there, then closes all. Returns the address
/// that it listens on.
pub(crate) fn after(bytes: usize, to: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let left = Arc::new(AtomicUsize::new(bytes));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let left = Arc::clone(&left);
            thread::spawn(move || pass_on(&client, to, &left));
        }
    });
    Ok(address)
}

fn pass_on(client: &TcpStream, to: SocketAddr, left: &AtomicUsize) -> std::io::Result<()> {
    let server = TcpStream::connect(to)?;
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || std::io::copy(&mut answers, &mut back));
    let mut part = [0; 4096];
    loop {
        let size = (&mut &*client).read(&mut part)?;
        let before =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(size)));
        if size == 0 || before.is_ok_and(|left| left <= size) {
            client.shutdown(Shutdown::Both)?;
            return server.shutdown(Shutdown::Both);
        }
        (&server).write_all(part.get(..size).unwrap_or_default())?;
    }
}
