//! Certificates of clients: what Varnish reads about them in the PROXY protocol header.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::certificate::Certificate;
use harness::fixture::Fixture;
use harness::varnish::Varnish;
use rustls::StreamOwned;

use super::listener::Listener;
use super::tls::client;

const NAME: &str = "shop.example";

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n";

/// Subjects as `openssl` takes them, and the names in them: the most specific one, with what looks like another one in it.
const SUBJECTS: [(&str, &str); 5] = [
    ("/O=Example/CN=ann", "ann"),
    ("/DC=example/CN=users/CN=Doe, Ann", "Doe, Ann"),
    ("/O=x,CN=admin/CN=ann,CN=admin", "ann,CN=admin"),
    ("/CN=ann+UID=7/OU=team", "ann"),
    ("/CN=Zo\u{eb} \\\\ #1", "Zo\u{eb} \\ #1"),
];

pub(super) fn varnish(fixture: &Fixture) -> Result<()> {
    let varnish = Varnish::start()?;
    let server = Certificate::self_signed(NAME)?;
    let header = |fields: &str| {
        format!(
            r#"{{"to_upstream": {{"payload": {{"proxy_protocol": {{"version": 2, "tls": true{fields}}}}}}}}}"#
        )
    };
    for (subject, name) in SUBJECTS {
        let own = Certificate::with_subject(subject, "client.example")?;
        let verified = header(r#", "tls_verified": true"#);
        let through = Listener::start_with(fixture, &verified, varnish.address(), |bootstrap| {
            bootstrap.terminate_tls(&server.pem, &server.key).verify_clients(&own.pem)
        })?;
        let reply = ask(through.address()?, &server, Some(&own)).with_context(|| subject.to_owned())?;
        let tls = "ssl true, certificate true false, verification 0";
        for line in [format!("tls: {tls}"), "version: TLSv1.3".into(), format!("name: {name}")] {
            ensure!(reply.lines().any(|other| other == line), "{subject}: no `{line}` in {reply}");
        }
    }
    // Without a certificate, there is nothing to verify.
    let through = Listener::start_with(fixture, &header(""), varnish.address(), |bootstrap| {
        bootstrap.terminate_tls(&server.pem, &server.key)
    })?;
    let reply = ask(through.address()?, &server, None)?;
    let tls = "tls: ssl true, certificate false false, verification 1";
    for line in [tls, "version: TLSv1.3", "name: "] {
        ensure!(reply.lines().any(|other| other == line), "no `{line}` in {reply}");
    }
    println!("tcp-prepend: Varnish reads {} names of certificates", SUBJECTS.len());
    Ok(())
}

fn ask(address: SocketAddr, server: &Certificate, own: Option<&Certificate>) -> Result<String> {
    let connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(client(server, own)?, connection);
    stream.write_all(REQUEST)?;
    let mut reply = Vec::new();
    // Varnish closes without TLS's goodbye.
    _ = stream.read_to_end(&mut reply);
    ensure!(reply.starts_with(b"HTTP/1.1 200"), "{}", reply.escape_ascii());
    Ok(String::from_utf8(reply)?)
}
