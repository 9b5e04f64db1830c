//! A real Varnish, which reads what the PROXY protocol says about the client's TLS.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use anyhow::Result;
use proxy_filter_envoy::process::{Process, free_address};

use crate::parts;

/// The program's name. It runs the C compiler, which Rust needs too.
pub const PROGRAM: &str = "varnishd";

/// Replies to every request with what the header says.
const CONFIGURATION: &str = r#"vcl 4.1;
import proxy;
backend none none;
sub vcl_recv { return (synth(200)); }
sub vcl_synth {
  set resp.http.client = client.ip;
  set resp.http.authority = proxy.authority();
  set resp.http.tls = "ssl " + proxy.is_ssl() + ", certificate " + proxy.client_has_cert_sess() + " " +
    proxy.client_has_cert_conn() + ", verification " + proxy.ssl_verify_result();
  set resp.http.version = proxy.ssl_version();
  set resp.http.name = proxy.client_cert_cn();
  return (deliver);
}
"#;

/// A running Varnish.
pub struct Varnish {
    _process: Process,
    address: SocketAddr,
}

impl Varnish {
    /// Starts Varnish on a free port, where it expects PROXY protocol headers. Its replies have the headers `client`,
    /// `authority`, `tls`, `version` and `name`, which say what it read.
    ///
    /// # Errors
    /// Varnish is missing or does not start. The error includes its log.
    pub fn start() -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start(PROGRAM, |directory| {
            fs::write(directory.join("default.vcl"), CONFIGURATION)?;
            let mut command = parts::program(PROGRAM)?;
            command.arg("-n").arg(directory).arg("-f").arg(directory.join("default.vcl"));
            command.args(["-F", "-j", "none", "-s", "malloc,16m", "-a", &format!("{address},PROXY")]);
            if let Some(modules) = fetched_modules() {
                command.args(["-p", &format!("vmod_path={}", modules.display())]);
            }
            Ok(command)
        })?;
        process.wait_for("listening", |_| TcpStream::connect(address).ok())?;
        Ok(Self { _process: process, address })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Returns the folder of its modules, if Varnish is not installed but fetched.
fn fetched_modules() -> Option<PathBuf> {
    if parts::installed(PROGRAM).is_some() {
        return None;
    }
    let libraries = fs::read_dir(parts::debian().join("usr/lib")).ok()?;
    libraries.flatten().map(|folder| folder.path().join("varnish/vmods")).find(|modules| modules.is_dir())
}
