//! The scenarios of five published Wasm walk-throughs, with the filters of this project. `just demo` shows them, and
//! `just test` tests them.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::fixture::{Fixture, PLAIN, PLAIN_TCP, S1_HEADERS};
use crate::http::Request;
use crate::recorder;
use crate::transcript::{Transcript, expect_header};

/// The pause between chunks, so that Envoy reads them one by one.
const PAUSE: Duration = Duration::from_millis(200);

/// tcp-prepend's default payload.
const PREPENDED: &str = "prepend payload to downstream data";

/// A scenario.
pub struct Scenario {
    /// The walk-through's id, `S0` to `S4`.
    pub id: &'static str,
    /// The test's name.
    pub name: &'static str,
    /// What the walk-through shows, and the filters that do it here.
    pub title: &'static str,
    /// Runs the scenario and records what happens.
    pub run: fn(&Fixture, &mut Transcript) -> Result<()>,
}

/// All scenarios, in order.
pub const ALL: [Scenario; 7] = [
    Scenario {
        id: "S0",
        name: "s0_hello_from_add_header",
        title: "the AssemblyScript filter says hello: add-header, with no configuration and with plain text",
        run: s0_hello,
    },
    Scenario {
        id: "S1",
        name: "s1_teapot_from_path_rewrite_and_add_header",
        title: "the Go filter rewrites a path and adds headers: path-rewrite, then add-header",
        run: s1_teapot,
    },
    Scenario {
        id: "S2",
        name: "s2_response_header_from_add_header",
        title: "the C++ filter adds a response header: add-header",
        run: s2_response_header,
    },
    Scenario {
        id: "S2",
        name: "s2_tcp_payload_from_tcp_prepend",
        title: "the C++ filter prefixes TCP data: tcp-prepend, once and for every chunk",
        run: s2_tcp_payload,
    },
    Scenario {
        id: "S2",
        name: "s2_debug_log_through_the_admin_interface",
        title: "debug logs through the admin's /logging?wasm=debug: path-rewrite",
        run: s2_debug_log,
    },
    Scenario {
        id: "S3",
        name: "s3_response_header_by_request_header",
        title: "the Rust filter looks at a request header: add-header with `when`",
        run: s3_when_authorized,
    },
    Scenario {
        id: "S4",
        name: "s4_rate_limit_per_ip",
        title: "three requests a minute and address, the upstream by DNS name: rate-limit",
        run: s4_rate_limit,
    },
];

fn s0_hello(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let hello = transcript.compare(fixture, "s0-unconfigured", &Request::get("/get"))?;
    expect_header(&hello, "hello", &["world!"])?;
    let configured = transcript.compare(fixture, "s0-text", &Request::get("/get"))?;
    expect_header(&configured, "hello", &["what ever you want"])
}

fn s1_teapot(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let teapot = transcript.compare(fixture, "s1", &Request::get("/banana/418"))?;
    ensure!(teapot.status == 418, "expected status 418:\n{teapot}");
    expect_header(&teapot, "who-am-i", &["a wasm filter"])?;
    expect_header(&teapot, "injected-by", &["add-header"])?;
    expect_header(&teapot, "site", &["demo.example"])?;
    expect_header(&teapot, "author", &["Zoë Müller"])?;
    expect_header(&teapot, "configdata", &[&S1_HEADERS.replace('\n', " ")])?;

    let query = fixture.envoy.send("s1", &Request::get("/anything?u=banana/7"))?;
    ensure!(query.json()?["args"]["u"] == "banana/7", "path-rewrite changed the query:\n{query}");
    Ok(())
}

fn s2_response_header(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let response = transcript.compare(fixture, "s2-http", &Request::get("/get"))?;
    expect_header(&response, "resp-header-demo", &["added by our filter"])
}

fn s2_tcp_payload(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let arrives = |listener: &str| -> Result<String> {
        let address = fixture.envoy.address(listener)?;
        let client = || recorder::send(address, &[b"hello ", b"world"], PAUSE);
        let (answer, arrived) = fixture.recorder.record(client)?;
        ensure!(answer == recorder::RESPONSE, "the client received {:?}", answer.escape_ascii().to_string());
        Ok(String::from_utf8(arrived)?)
    };
    let plain = arrives(PLAIN_TCP)?;
    for (listener, expected) in [
        ("s2-tcp", format!("{PREPENDED}hello world")),
        ("s2-tcp-every-chunk", format!("{PREPENDED}hello {PREPENDED}world")),
    ] {
        let arrived = arrives(listener)?;
        transcript.line("TCP, two chunks: \"hello \" and \"world\"");
        transcript.line(format!("  without filters  {plain:?} at the upstream"));
        transcript.line(format!("  with filters     {arrived:?} at the upstream"));
        ensure!(arrived == expected, "the upstream received {arrived:?}, expected {expected:?}");
    }
    Ok(())
}

fn s2_debug_log(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let post =
        |target: &str| Request { method: "POST".into(), ..Request::get(target) }.send(fixture.envoy.admin());
    post("/logging?wasm=debug")?;
    // The filters read the log level once a second.
    std::thread::sleep(Duration::from_millis(2100));
    fixture.envoy.send("s1", &Request::get("/banana/200"))?;
    let line = "rules[0]: /banana/200 -> /status/200";
    let logged = fixture.envoy.wait_for_log(line);
    post("/logging?wasm=info")?;
    logged?;
    transcript.line("POST /logging?wasm=debug on the admin port, then GET /banana/200");
    transcript.line(format!("  in Envoy's log   {line}"));
    Ok(())
}

fn s3_when_authorized(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let anonymous = transcript.compare(fixture, "s3", &Request::get("/get"))?;
    expect_header(&anonymous, "x-test", &[])?;
    let authorized =
        transcript.compare(fixture, "s3", &Request::get("/get").header("authorization", "Basic Zm9v"))?;
    expect_header(&authorized, "x-test", &["a.example"])
}

fn s4_rate_limit(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    for number in 1..=5 {
        let plain = fixture.envoy.send(PLAIN, &Request::get("/get"))?;
        let response = fixture.envoy.send("s4", &Request::get("/get"))?;
        let retry_after = response.values("retry-after");
        transcript.line(format!("GET /get, request {number} within a minute"));
        transcript.line(format!("  without filters  {}", plain.status));
        transcript.line(match retry_after.first() {
            None => format!("  with filters     {}", response.status),
            Some(seconds) => format!("  with filters     {}, retry-after: {seconds}", response.status),
        });
        let expected = if number <= 3 { 200 } else { 429 };
        ensure!(response.status == expected, "request {number}: expected status {expected}:\n{response}");
        ensure!(
            retry_after.is_empty() == (expected == 200),
            "request {number}: `retry-after` belongs on 429 only:\n{response}"
        );
    }
    Ok(())
}
