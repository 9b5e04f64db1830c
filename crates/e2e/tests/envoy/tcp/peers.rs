//! Servers that know nothing of the filter.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::deployed;
use e2e::lab::Lab;
use fastrand::Rng;
use harness::envoy::Envoy;
use harness::parts;
use harness::redis::{self, Redis};

use super::start;

/// What the client of redis-cli asks for first, and what Redis answers nothing to.
const NAMED: &str =
    r#"{"to_upstream": {"payload": {"text": "CLIENT REPLY SKIP\r\nCLIENT SETNAME edge\r\n"}}}"#;

/// The filter names each connection; all else is as without it, through values of a mebibyte.
pub(super) fn redis(_: &Lab) -> Result<()> {
    let server = Redis::start()?;
    let envoy = start(NAMED, server.address())?;
    let through = envoy.address("tcp")?;
    let mut random = Rng::with_seed(1);
    let value: String = std::iter::repeat_with(|| random.alphanumeric()).take(1 << 20).collect();
    let cli = |address, arguments: &[&str]| run(cli_to(address)?.args(arguments), "");
    ensure!(run(cli_to(through)?.args(["-x", "SET", "key"]), &value)? == "OK", "SET through Envoy");
    for address in [through, server.address()] {
        ensure!(cli(address, &["GET", "key"])? == value, "another value from {address}");
    }
    ensure!(cli(through, &["CLIENT", "GETNAME"])? == "edge", "the payload was not read");
    ensure!(cli(server.address(), &["CLIENT", "GETNAME"])?.is_empty(), "a name without the filter");
    println!("tcp-prepend: a Redis value of {} bytes, the same behind the filter", value.len());
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

/// The greeting reaches the client behind the filter, and the payload goes before what the client answers; Envoy's
/// transport socket, as in `deploy`, has the preamble there before the greeting.
pub(super) fn server_first(_: &Lab) -> Result<()> {
    let greeted = |envoy: &Envoy| -> Result<()> {
        let connection = TcpStream::connect(envoy.address("tcp")?)?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut lines = BufReader::new(connection.try_clone()?);
        let mut greeting = String::new();
        lines.read_line(&mut greeting).context("the client waits for a greeting")?;
        ensure!(greeting == "220 hello\r\n", "{greeting:?}");
        (&connection).write_all(b"EHLO\r\n")?;
        Ok(())
    };
    let (address, server) = greeter(0)?;
    let envoy = start(r#"{"to_upstream": {"payload": {"text": "up:"}}}"#, address)?;
    greeted(&envoy)?;
    let heard = server.join().ok().context("the server panicked")??;
    ensure!(heard == b"up:EHLO\r\n", "{}", heard.escape_ascii());

    const PREAMBLE: usize = 28;
    let (address, server) = greeter(PREAMBLE)?;
    let configuration = deployed::configuration("server-first.yaml", &[(8000, address)])?;
    let envoy = Envoy::start_version(parts::ENVOY_VERSION, "envoy.yaml", &configuration)?;
    greeted(&envoy)?;
    let heard = server.join().ok().context("the server panicked")??;
    let preamble = ppp::v2::Header::try_from(heard.as_slice()).context("no preamble before the greeting")?;
    ensure!(preamble.len() == PREAMBLE && heard.ends_with(b"EHLO\r\n"), "{}", heard.escape_ascii());
    Ok(())
}

type Greeter = thread::JoinHandle<std::io::Result<Vec<u8>>>;

/// A server that greets its one client once it has read so many bytes, and returns all that it read.
fn greeter(preamble: usize) -> Result<(SocketAddr, Greeter)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut heard = vec![0; preamble];
        connection.read_exact(&mut heard)?;
        connection.write_all(b"220 hello\r\n")?;
        connection.read_to_end(&mut heard)?;
        Ok(heard)
    });
    Ok((address, server))
}
