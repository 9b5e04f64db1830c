//! Requests that wait for a call, with Envoy's option that lets bodies pass filters that have paused only the headers.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Result, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;
use harness::http::receive;
use harness::{Envoy, parts};
use serde_json::json;

use crate::Case;

pub(crate) const TESTS: [Case; 1] = [("a_body_does_not_release_a_request_that_waits", wait)];

/// Filters that let a request pass only if the service `auth` says so.
const MODULES: [&str; 2] = ["await_call", "return_call"];

/// Requests to which httpbin responds with 200.
const REQUESTS: [&str; 2] = [
    "GET /get HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n",
    "POST /post HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody",
];

fn wait(fixture: &Fixture) -> Result<()> {
    // Never accepts a connection, so each call times out.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let clusters =
        Bootstrap::default().cluster("auth", silent.local_addr()?).cluster("httpbin", fixture.httpbin());
    let listeners =
        |bootstrap: Bootstrap, module: &&str| bootstrap.http(module, &[filter(module)], "httpbin");
    let envoy = Envoy::start(&MODULES.iter().fold(clusters, listeners))?;
    for module in MODULES {
        for request in REQUESTS {
            let mut connection = TcpStream::connect(envoy.address(module)?)?;
            connection.write_all(request.as_bytes())?;
            let response = receive(&mut connection)?;
            ensure!(response.status == 403, "{module}: {request}\n{response}");
        }
    }
    Ok(())
}

fn filter(module: &str) -> Filter {
    let file = parts::test_modules().join(format!("{module}.wasm"));
    Filter::Native(json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "vm_config": {
                    "vm_id": module,
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": file}},
                },
                "allow_on_headers_stop_iteration": true,
            },
        },
    }))
}
