//! A real HAProxy that reads the PROXY protocol.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use proxy_filter_envoy::process::{Process, free_address};

use crate::certificate::Certificate;
use crate::parts;

/// The program's name.
pub const PROGRAM: &str = "haproxy";

/// The longest time HAProxy may take to log a connection.
const LOG_TIMEOUT: Duration = Duration::from_secs(5);

/// A running HAProxy.
pub struct Haproxy {
    process: Process,
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Haproxy {
    /// Starts HAProxy on two free ports, where it expects PROXY protocol headers, and on the second TLS behind them. It
    /// replies 200 to every request and logs the client's address and the server name in the header.
    ///
    /// # Errors
    /// HAProxy is missing or does not start. The error includes its log.
    pub fn start(certificate: &Certificate) -> Result<Self> {
        let (plain, tls) = (free_address()?, free_address()?);
        let mut process = Process::start(PROGRAM, |directory| {
            fs::write(directory.join("both.pem"), [certificate.pem.as_str(), &certificate.key].concat())?;
            let configuration = format!(
                "global\n  log stdout format raw local0\n\
                 defaults\n  mode http\n  log global\n  timeout connect 10s\n  timeout client 10s\n  timeout server 10s\n\
                 frontend plain\n  bind {plain} accept-proxy\n\
                 \x20 log-format \"client %ci asked for %[fc_pp_authority]\"\n\
                 \x20 http-request return status 200 content-type text/plain string hello\n\
                 frontend tls\n  bind {tls} accept-proxy ssl crt both.pem\n\
                 \x20 log-format \"client %ci asked for %[fc_pp_authority]\"\n\
                 \x20 http-request return status 200 content-type text/plain string hello\n"
            );
            fs::write(directory.join("haproxy.cfg"), configuration)?;
            let mut command = parts::program(PROGRAM)?;
            command.current_dir(directory).args(["-db", "-f", "haproxy.cfg"]);
            Ok(command)
        })?;
        // Neither connection sends a header, which HAProxy does not log.
        process.wait_for("listening", |_| {
            Some((TcpStream::connect(plain).ok()?, TcpStream::connect(tls).ok()?))
        })?;
        Ok(Self { process, plain, tls })
    }

    /// Returns the address on which it expects no TLS.
    pub fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// Returns the address on which it expects TLS.
    pub fn tls(&self) -> SocketAddr {
        self.tls
    }

    /// Returns what it has logged so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until the log has a line that begins with a text, after this many bytes.
    ///
    /// # Errors
    /// There is no such line within five seconds.
    pub fn expect_line(&self, begin: &str, after: usize) -> Result<()> {
        let start = Instant::now();
        loop {
            let log = self.log();
            let new = log.get(after..).unwrap_or_default();
            if new.lines().any(|line| line.starts_with(begin)) {
                return Ok(());
            }
            ensure!(start.elapsed() < LOG_TIMEOUT, "HAProxy logged {new:?}, expected `{begin}`");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
