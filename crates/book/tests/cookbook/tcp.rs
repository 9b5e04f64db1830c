//! Opens the connections of a job, and checks what comes of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use book::cookbook::{Connection, Expectation, Job, Peer};
use harness::certificate::Certificate;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Socket, Type};

use super::peers::{NAME, Peers};

/// How long a connection may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the exchanges of a job at this address.
pub(crate) fn run(job: &Job, address: SocketAddr, peers: &Peers) -> Result<()> {
    for (number, exchange) in (1..).zip(&job.exchanges) {
        let connection = exchange.tcp.as_ref().context("no `tcp`")?;
        let peer = job.peer.context("no `peer`")?;
        for _ in 0..exchange.repeat {
            expect(&exchange.expect, connection, address, (peer, peers))
                .with_context(|| format!("exchange {number} of `{}`", job.title))?;
        }
    }
    Ok(())
}

fn expect(
    expected: &Expectation,
    connection: &Connection,
    address: SocketAddr,
    (peer, peers): (Peer, &Peers),
) -> Result<()> {
    if expected.upstream.as_ref().is_some_and(|upstream| !upstream.reached) {
        // Sends nothing: the kernel resets a connection that is closed before all of its bytes are read.
        let end = connect(connection, address)?.read(&mut [0]);
        ensure!(matches!(end, Ok(0)), "the connection is not closed: {end:?}");
        return Ok(());
    }
    let client = || send(connection, address, &peers.certificate);
    let logged = || expected.logged.as_deref().context("no `logged`");
    let reply = match peer {
        Peer::Haproxy => {
            let haproxy = lock(&peers.haproxy);
            let before = haproxy.log().len();
            let reply = client()?;
            haproxy.expect_line(logged()?, before)?;
            reply
        }
        Peer::Nginx => {
            let nginx = lock(&peers.nginx);
            let before = nginx.clients(0)?.len();
            let reply = client()?;
            let lines = nginx.clients(before.saturating_add(1))?;
            let line = lines.last().context("no line")?;
            ensure!(line.starts_with(logged()?), "nginx logged {line}");
            reply
        }
        Peer::Server => {
            let (reply, received) = peers.server.record(client)?;
            begins("the upstream got", &received, expected.received.as_deref())?;
            reply
        }
    };
    begins("the client got", &reply, expected.reply.as_deref())
}

fn begins(what: &str, bytes: &[u8], expected: Option<&str>) -> Result<()> {
    let expected = expected.unwrap_or_default();
    ensure!(
        bytes.starts_with(expected.as_bytes()),
        "{what} {:?}, expected {expected:?} first",
        String::from_utf8_lossy(bytes)
    );
    Ok(())
}

fn connect(connection: &Connection, address: SocketAddr) -> Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let from: IpAddr = connection.from.parse()?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect(&address.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Connects, sends, and returns everything that arrives until the connection ends.
fn send(connection: &Connection, address: SocketAddr, trusted: &Certificate) -> Result<Vec<u8>> {
    let mut stream = connect(connection, address)?;
    let mut reply = Vec::new();
    let ended = if connection.tls {
        let mut tls = StreamOwned::new(client(connection.server_name.is_some(), trusted)?, stream);
        tls.write_all(connection.send.as_bytes())?;
        tls.read_to_end(&mut reply)
    } else {
        stream.write_all(connection.send.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        stream.read_to_end(&mut reply)
    };
    match ended {
        // A server may close without TLS's goodbye.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(error).context("the connection did not end")
        }
        _ => Ok(reply),
    }
}

/// Starts a TLS client that trusts one certificate, and asks for its name or for none.
fn client(asks: bool, trusted: &Certificate) -> Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.enable_sni = asks;
    Ok(ClientConnection::new(Arc::new(config), NAME.try_into()?)?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
