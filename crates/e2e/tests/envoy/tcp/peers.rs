//! Unmodified servers behind the filter.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::Envoy;
use harness::deployed;
use harness::fixture::Fixture;
use harness::redis::{self, Redis};
use harness::{locate, parts};

use super::listener::Listener;
use super::upstream;

/// A payload of commands to which Redis sends no reply.
const NAMED: &str =
    r#"{"to_upstream": {"payload": {"text": "CLIENT REPLY SKIP\r\nCLIENT SETNAME edge\r\n"}}}"#;

/// The filter names each connection and leaves everything else unchanged, with values of up to a mebibyte.
pub(super) fn redis(fixture: &Fixture) -> Result<()> {
    let server = Redis::start()?;
    let through = Listener::start(fixture, NAMED, server.address())?.address()?;
    let mut random = Rng::with_seed(1);
    let value: String = std::iter::repeat_with(|| random.alphanumeric()).take(1 << 20).collect();
    let cli = |address, arguments: &[&str]| run(cli_to(address)?.args(arguments), "");
    ensure!(run(cli_to(through)?.args(["-x", "SET", "key"]), &value)? == "OK", "SET through Envoy");
    for address in [through, server.address()] {
        ensure!(cli(address, &["GET", "key"])? == value, "{address} returns another value");
    }
    ensure!(cli(through, &["CLIENT", "GETNAME"])? == "edge", "Redis did not read the payload");
    ensure!(
        cli(server.address(), &["CLIENT", "GETNAME"])?.is_empty(),
        "a connection without the filter has a name"
    );
    println!("tcp-prepend: Redis stored and returned a value of {} bytes", value.len());
    Ok(())
}

fn cli_to(address: SocketAddr) -> Result<Command> {
    let mut command = parts::program(redis::CLIENT)?;
    command.args(["-h", "127.0.0.1", "-p", &address.port().to_string()]);
    Ok(command)
}

fn run(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("no stdin")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && errors.is_empty(), "{errors}");
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// With the filter the greeting reaches the client, and the payload precedes the client's first bytes. With Envoy's
/// transport socket, as in `deploy`, the PROXY protocol header arrives before the greeting.
pub(super) fn server_first(fixture: &Fixture) -> Result<()> {
    let greeted = |address: SocketAddr| -> Result<()> {
        let connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut lines = BufReader::new(connection.try_clone()?);
        let mut greeting = String::new();
        lines.read_line(&mut greeting).context("no greeting reached the client")?;
        ensure!(greeting == "220 hello\r\n", "{greeting:?}");
        (&connection).write_all(b"EHLO\r\n")?;
        Ok(())
    };
    let (address, server) = upstream::greet_after(0)?;
    let listener = Listener::start(fixture, r#"{"to_upstream": {"payload": {"text": "up:"}}}"#, address)?;
    greeted(listener.address()?)?;
    let heard = server.join().ok().context("the server panicked")??;
    ensure!(heard == b"up:EHLO\r\n", "{}", heard.escape_ascii());

    const HEADER: usize = 28;
    let (address, server) = upstream::greet_after(HEADER)?;
    let configuration = deployed::configuration("server-first.yaml", &[(8000, address)])?;
    let envoy = Envoy::start_text(&locate::envoy(), "envoy.yaml", &configuration)?;
    greeted(envoy.address("tcp")?)?;
    let heard = server.join().ok().context("the server panicked")??;
    let header = ppp::v2::Header::try_from(heard.as_slice())
        .context("no PROXY protocol header before the greeting")?;
    ensure!(header.len() == HEADER && heard.ends_with(b"EHLO\r\n"), "{}", heard.escape_ascii());
    Ok(())
}
