//! A real nginx.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::parts;
use crate::process::{Process, free_address};

/// Its program.
pub const PROGRAM: &str = "nginx";

/// How long nginx may take to log a request.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running nginx.
pub struct Nginx {
    process: Process,
    address: SocketAddr,
}

impl Nginx {
    /// Starts one that listens on a free port and reads preambles of the PROXY protocol there. It answers every
    /// request 200, and logs who the client is: its address and port, those that it connected to, and the
    /// server name of TLS. With a certificate and its key, in PEM, it speaks TLS behind the preamble.
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
    pub fn start_behind_preambles(tls: Option<(&str, &str)>) -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start("nginx", |directory| {
            let (ssl, certificate) = match tls {
                Some((certificate, key)) => {
                    fs::write(directory.join("certificate.pem"), certificate)?;
                    fs::write(directory.join("key.pem"), key)?;
                    (" ssl", "ssl_certificate certificate.pem; ssl_certificate_key key.pem;")
                }
                None => ("", ""),
            };
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary: String = temporary.map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
            let configuration = format!(
                "daemon off; master_process off; pid nginx.pid; error_log stderr info; events {{}}\n\
                 http {{\n{temporary}\
                 log_format client '$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr \
                 $proxy_protocol_server_port $ssl_server_name';\n\
                 server {{\n\
                 listen {address} proxy_protocol{ssl}; {certificate}\n\
                 access_log access.log client; location / {{ return 200 'hello'; }}\n\
                 }}\n}}\n"
            );
            fs::write(directory.join("nginx.conf"), configuration)?;
            let mut command = parts::program(PROGRAM)?;
            // `-e`: what comes before the configuration is read.
            command.arg("-p").arg(directory).args(["-c", "nginx.conf", "-e", "stderr"]);
            Ok(command)
        })?;
        process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
        Ok(Self { process, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for so many requests to be logged, and returns what is logged of each.
    ///
    /// # Errors
    /// They are not within five seconds.
    pub fn clients(&self, number: usize) -> Result<Vec<String>> {
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(self.process.directory().join("access.log"))?;
            let clients: Vec<_> = log.lines().map(|line| line.trim_end().to_owned()).collect();
            if clients.len() >= number {
                return Ok(clients);
            }
            ensure!(start.elapsed() < PATIENCE, "nginx logged {clients:?}, not {number} requests");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
