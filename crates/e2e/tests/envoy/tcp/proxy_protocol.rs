//! PROXY protocol headers, read by other programs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::bootstrap::{Bootstrap, Inspector};
use harness::fixture::Fixture;
use harness::nginx::Nginx;
use ppp::v2::{Addresses, Header};

use super::listener::Listener;
use super::upstream;

/// Client and destination addresses, and nginx's log line for them. Envoy reads them from the header that a client
/// sends, so they need not exist.
const CLIENTS: [(&str, &str); 3] = [
    ("TCP4 192.0.2.7 198.51.100.9 40001 443", "192.0.2.7 40001 198.51.100.9 443"),
    ("TCP6 2001:db8::7 2001:db8::9 40002 443", "2001:db8::7 40002 2001:db8::9 443"),
    ("TCP6 2001:db8:1:2:3:4:5:6 ::1 1 65535", "2001:db8:1:2:3:4:5:6 1 ::1 65535"),
];

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n";

/// Starts a listener that reads PROXY protocol headers from clients and sends its own.
fn relay<'a>(fixture: &'a Fixture, header: &str, upstream: SocketAddr) -> Result<Listener<'a>> {
    let configuration =
        format!(r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {header}}}}}, "on_missing": "skip"}}"#);
    let options = |bootstrap: Bootstrap| bootstrap.inspector(Inspector::ProxyProtocol);
    Listener::start_with(fixture, &configuration, upstream, options)
}

/// Connects as a client, sends bytes, and returns the answer. Does not half-close: Envoy resets a client that does so
/// while its listener filters run.
fn send_as(client: &str, bytes: &[u8], relay: &Listener<'_>) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(relay.address()?)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    connection.write_all(format!("PROXY {client}\r\n").as_bytes())?;
    connection.write_all(bytes)?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(answer)
}

pub(super) fn nginx(fixture: &Fixture) -> Result<()> {
    for header in [
        r#"{"version": 1}"#,
        r#"{"version": 2}"#,
        r#"{"version": 2, "tlvs": [{"type": "0xE0", "value": "x"}]}"#,
        r#"{"version": 2, "crc32c": true, "tls": true}"#,
    ] {
        let nginx = Nginx::start_with_proxy_protocol(None)?;
        let relay = relay(fixture, header, nginx.address())?;
        for (client, _) in CLIENTS {
            let answer = send_as(client, REQUEST, &relay)?;
            ensure!(answer.starts_with(b"HTTP/1.1 200"), "{client}: {}", answer.escape_ascii());
        }
        let expected: Vec<_> = CLIENTS.iter().map(|(_, logged)| *logged).collect();
        let logged: Vec<_> = nginx
            .clients(CLIENTS.len())?
            .iter()
            .map(|line| line.trim_end_matches([' ', '-']).to_owned())
            .collect();
        ensure!(logged == expected, "with {header} nginx logged {logged:?}");
    }
    println!("tcp-prepend: nginx logs {} clients' addresses, in both versions, IPv4 and IPv6", CLIENTS.len());
    Ok(())
}

pub(super) fn tlvs(fixture: &Fixture) -> Result<()> {
    let header = r#"{"version": 2, "tlvs": [
        {"type": "0xE0", "value": "blue"},
        {"type": "0x02", "value": "%ATTR(connection.requested_server_name)%"},
        {"type": "0xEF", "value": "%ATTR(source.address)% to %ATTR(destination.port)%"}
    ]}"#;
    for (client, from) in [(CLIENTS[0].0, "192.0.2.7:40001"), (CLIENTS[1].0, "[2001:db8::7]:40002")] {
        let (address, upstream) = upstream::until(b"hello".to_vec())?;
        send_as(client, b"hello", &relay(fixture, header, address)?)?;
        let arrived = upstream.join().ok().context("the upstream panicked")??;
        let (addresses, tlvs, rest) = read(&arrived)?;
        ensure!(matches!(addresses, Addresses::IPv4(_)) == client.starts_with("TCP4"), "{addresses:?}");
        let expected = [(0xe0, b"blue".to_vec()), (0xef, format!("{from} to 443").into_bytes())];
        ensure!(tlvs == expected, "{tlvs:?}");
        ensure!(rest == b"hello", "{}", rest.escape_ascii());
    }
    Ok(())
}

type Tlvs = Vec<(u8, Vec<u8>)>;

/// Parses a PROXY protocol header with another parser. Returns its addresses and TLVs, and the bytes after it.
pub(super) fn read(arrived: &[u8]) -> Result<(Addresses, Tlvs, &[u8])> {
    let header = Header::try_from(arrived).with_context(|| arrived.escape_ascii().to_string())?;
    let tlvs = header.tlvs().map(|tlv| tlv.map(|tlv| (tlv.kind, tlv.value.into_owned())));
    let tlvs = tlvs.collect::<Result<_, _>>().context("TLVs")?;
    Ok((header.addresses, tlvs, arrived.get(header.len()..).unwrap_or_default()))
}
