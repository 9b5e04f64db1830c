//! TLS: the server name arrives in the PROXY protocol header, whether Envoy passes TLS on or terminates it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::bootstrap::{Bootstrap, Inspector};
use harness::certificate::Certificate;
use harness::fixture::Fixture;
use harness::nginx::Nginx;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::listener::Listener;
use super::proxy_protocol::read;
use super::upstream;

const NAME: &str = "shop.example";

/// The TLV type of the server name that a client asks for.
const AUTHORITY: u8 = 0x02;

const CONFIGURATION: &str = r#"{"to_upstream": {"payload": {"proxy_protocol": {
    "version": 2, "tlvs": [{"type": "0x02", "value": "%ATTR(connection.requested_server_name)%"}]
}}}}"#;

fn passing_tls_on(fixture: &Fixture, upstream: SocketAddr) -> Result<Listener<'_>> {
    Listener::start_with(fixture, CONFIGURATION, upstream, |bootstrap| bootstrap.inspector(Inspector::Tls))
}

/// Starts a TLS client that asks for [`NAME`], trusts one certificate, and may have one of its own.
pub(super) fn client(trusted: &Certificate, own: Option<&Certificate>) -> Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots);
    let config = match own {
        Some(own) => config.with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(own.pem.as_bytes())?],
            PrivateKeyDer::from_pem_slice(own.key.as_bytes())?,
        )?,
        None => config.with_no_client_auth(),
    };
    Ok(ClientConnection::new(Arc::new(config), NAME.try_into()?)?)
}

pub(super) fn passed_on(fixture: &Fixture) -> Result<()> {
    let certificate = Certificate::self_signed(NAME)?;

    // The upstream receives the header with the name, then the client's first flight unchanged.
    let mut hello = Vec::new();
    client(&certificate, None)?.write_tls(&mut hello)?;
    let (address, upstream) = upstream::until(hello.clone())?;
    let through = passing_tls_on(fixture, address)?;
    let mut connection = TcpStream::connect(through.address()?)?;
    connection.write_all(&hello)?;
    let arrived = upstream.join().ok().context("the upstream panicked")??;
    let (_, tlvs, rest) = read(&arrived)?;
    ensure!(tlvs == [(AUTHORITY, NAME.as_bytes().to_vec())], "{tlvs:?}");
    ensure!(rest == hello, "the client's first flight changed");

    // A real nginx reads the header and terminates TLS behind it.
    let nginx = Nginx::start_with_proxy_protocol(Some((&certificate.pem, &certificate.key)))?;
    let through = passing_tls_on(fixture, nginx.address())?;
    let connection = TcpStream::connect(through.address()?)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(client(&certificate, None)?, connection);
    write!(stream, "GET / HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", answer.escape_ascii());
    let logged = nginx.clients(1)?.concat();
    ensure!(logged.starts_with("127.0.0.1 ") && logged.ends_with(NAME), "nginx logged {logged}");
    println!("tcp-prepend: nginx behind passed-on TLS logs {logged}");

    // Without TLS there is no name: `on_missing` closes the connection by default.
    let mut plain = TcpStream::connect(through.address()?)?;
    plain.write_all(b"GET / HTTP/1.1\r\n")?;
    plain.set_read_timeout(Some(Duration::from_secs(10)))?;
    is_closed(&mut plain)
}

/// A listener that terminates TLS gets the name only with a `tls_inspector`.
pub(super) fn terminated(fixture: &Fixture) -> Result<()> {
    let certificate = Certificate::self_signed(NAME)?;
    let send = |inspector: Option<Inspector>, upstream: SocketAddr| -> Result<_> {
        let listener = Listener::start_with(fixture, CONFIGURATION, upstream, |bootstrap| {
            let bootstrap = bootstrap.terminate_tls(&certificate.pem, &certificate.key);
            inspector.into_iter().fold(bootstrap, Bootstrap::inspector)
        })?;
        let connection = TcpStream::connect(listener.address()?)?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut stream = StreamOwned::new(client(&certificate, None)?, connection);
        stream.write_all(b"hello")?;
        Ok(stream)
    };
    let (address, upstream) = upstream::until(b"hello".to_vec())?;
    let _open = send(Some(Inspector::Tls), address)?;
    let arrived = upstream.join().ok().context("the upstream panicked")??;
    let (_, tlvs, rest) = read(&arrived)?;
    ensure!(tlvs == [(AUTHORITY, NAME.as_bytes().to_vec())] && rest == b"hello", "{tlvs:?}");

    // Without an inspector; the upstream never sends anything.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let mut stream = send(None, silent.local_addr()?)?;
    is_closed(&mut stream)
}

fn is_closed(stream: &mut impl Read) -> Result<()> {
    let read = stream.read(&mut [0; 16]);
    let is_closed = match &read {
        Ok(size) => *size == 0,
        Err(error) => [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof].contains(&error.kind()),
    };
    ensure!(is_closed, "a connection without a name is still open: {read:?}");
    Ok(())
}
