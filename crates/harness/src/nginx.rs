//! A real nginx.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use proxy_filter_envoy::process::{Process, free_address};

use crate::parts;

/// The program's name.
pub const PROGRAM: &str = "nginx";

/// The longest time nginx may take to log a request.
const LOG_TIMEOUT: Duration = Duration::from_secs(5);

/// A running nginx.
pub struct Nginx {
    process: Process,
    address: SocketAddr,
}

impl Nginx {
    /// Starts nginx on a free port, where it replies 200 without a body to every request and logs nothing.
    ///
    /// # Errors
    /// nginx is missing or does not start. The error includes its log.
    pub fn start() -> Result<Self> {
        Self::serve(|address, _| {
            let server = format!(
                "access_log off; keepalive_requests 1000000000;\n\
                 server {{ listen {address}; location / {{ return 200; }} }}"
            );
            Ok(server)
        })
    }

    /// Starts nginx on a free port, where it expects PROXY protocol headers, and TLS behind them if `tls` has a
    /// certificate and its key in PEM. It replies 200 to every request and logs the client's address and port, the
    /// address and port the client connected to, and the TLS server name.
    ///
    /// # Errors
    /// nginx is missing or does not start. The error includes its log.
    pub fn start_with_proxy_protocol(tls: Option<(&str, &str)>) -> Result<Self> {
        Self::serve(|address, directory| {
            let (ssl, certificate) = match tls {
                Some((certificate, key)) => {
                    fs::write(directory.join("certificate.pem"), certificate)?;
                    fs::write(directory.join("key.pem"), key)?;
                    (" ssl", "ssl_certificate certificate.pem; ssl_certificate_key key.pem;")
                }
                None => ("", ""),
            };
            Ok(format!(
                "log_format client '$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr \
                 $proxy_protocol_server_port $ssl_server_name';\n\
                 server {{\n\
                 listen {address} proxy_protocol{ssl}; {certificate}\n\
                 access_log access.log client; location / {{ return 200 'hello'; }}\n\
                 }}"
            ))
        })
    }

    /// Starts nginx with the part of its configuration in `http` that `server` returns. `server` gets the address to listen
    /// on and nginx's directory.
    ///
    /// # Errors
    /// nginx is missing or does not start. The error includes its log.
    pub fn serve(server: impl FnOnce(SocketAddr, &Path) -> Result<String>) -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start("nginx", |directory| {
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary: String = temporary.map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
            let server = server(address, directory)?;
            let configuration = format!(
                "daemon off; master_process off; pid nginx.pid; error_log stderr info; events {{}}\n\
                 http {{\n{temporary}{server}\n}}\n"
            );
            fs::write(directory.join("nginx.conf"), configuration)?;
            let mut command = parts::program(PROGRAM)?;
            // `-e` is for messages before the configuration is read.
            command.arg("-p").arg(directory).args(["-c", "nginx.conf", "-e", "stderr"]);
            Ok(command)
        })?;
        process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
        Ok(Self { process, address })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until nginx has logged `number` requests, and returns its lines about them.
    ///
    /// # Errors
    /// nginx logs fewer within five seconds.
    pub fn clients(&self, number: usize) -> Result<Vec<String>> {
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(self.process.directory().join("access.log"))?;
            let clients: Vec<_> = log.lines().map(|line| line.trim_end().to_owned()).collect();
            if clients.len() >= number {
                return Ok(clients);
            }
            ensure!(start.elapsed() < LOG_TIMEOUT, "nginx logged {clients:?}, expected {number} requests");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
