//! Requests that wait for a call, with Envoy's option that lets bodies pass filters that have paused only the headers.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Result, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;
use harness::http::receive;
use harness::{Envoy, parts};

use crate::Case;

pub(crate) const TESTS: [Case; 1] = [("a_body_does_not_release_a_request_that_waits", wait)];

/// Filters that let a request pass only if a service says so, and their statuses for a GET and a POST while that service is
/// silent. The last is written with the plain SDK, and shows that the option has its effect.
const MODULES: [(&str, [u16; 2]); 3] =
    [("await_call", [403, 403]), ("return_call", [403, 403]), ("name_user_plain", [503, 200])];

/// The clusters that the filters call.
const SERVICES: [&str; 2] = ["auth", "users"];

/// Requests to which httpbin responds with 200.
const REQUESTS: [&str; 2] = [
    "GET /get HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\nx-key: secret\r\n\r\n",
    "POST /post HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\nx-key: secret\r\ncontent-length: 4\r\n\r\nbody",
];

fn wait(fixture: &Fixture) -> Result<()> {
    // Never accepts a connection, so each call times out.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut bootstrap = Bootstrap::default().cluster("httpbin", fixture.httpbin());
    for service in SERVICES {
        bootstrap = bootstrap.cluster(service, silent.local_addr()?);
    }
    for (module, _) in MODULES {
        let file = parts::test_modules().join(format!("{module}.wasm"));
        let filter = Filter::new(module, &file, "").option("allow_on_headers_stop_iteration", true);
        bootstrap = bootstrap.http(module, &[filter], "httpbin");
    }
    let envoy = Envoy::start(&bootstrap)?;
    for (module, statuses) in MODULES {
        for (request, expected) in REQUESTS.into_iter().zip(statuses) {
            let mut connection = TcpStream::connect(envoy.address(module)?)?;
            connection.write_all(request.as_bytes())?;
            let response = receive(&mut connection)?;
            ensure!(response.status == expected, "{module}, expected {expected}: {request}\n{response}");
        }
    }
    Ok(())
}
