//! What five published walk-throughs show, done with the filters of this project.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::http::Request;
use harness::recorder;

use crate::lab::{Lab, PLAIN, PLAIN_TCP, S1_HEADERS};
use crate::story::{Story, expect_header};

/// Between two chunks, so that Envoy reads them one by one.
const PAUSE: Duration = Duration::from_millis(200);

/// What tcp-prepend puts before a stream when nothing is configured.
const PREPENDED: &str = "prepend payload to downstream data";

/// One promise.
pub struct Walkthrough {
    /// The walk-through, `S0` to `S4`.
    pub id: &'static str,
    /// The test's name.
    pub name: &'static str,
    /// What the walk-through shows, and which filter does it here.
    pub title: &'static str,
    /// Does it, and tells what happened.
    pub run: fn(&Lab, &mut Story) -> Result<()>,
}

/// All promises, in order.
pub const ALL: [Walkthrough; 7] = [
    Walkthrough {
        id: "S0",
        name: "s0_hello_from_add_header",
        title: "the AssemblyScript filter says hello: add-header, unconfigured and with a plain text",
        run: s0_hello,
    },
    Walkthrough {
        id: "S1",
        name: "s1_teapot_from_path_rewrite_and_add_header",
        title: "the Go filter rewrites a path and adds headers: path-rewrite, then add-header",
        run: s1_teapot,
    },
    Walkthrough {
        id: "S2",
        name: "s2_response_header_from_add_header",
        title: "the C++ filter adds a response header: add-header",
        run: s2_response_header,
    },
    Walkthrough {
        id: "S2",
        name: "s2_tcp_payload_from_tcp_prepend",
        title: "the C++ filter prefixes TCP data: tcp-prepend, once and for every chunk",
        run: s2_tcp_payload,
    },
    Walkthrough {
        id: "S2",
        name: "s2_debug_log_through_the_admin_interface",
        title: "debug logs through the admin's /logging?wasm=debug: path-rewrite",
        run: s2_debug_log,
    },
    Walkthrough {
        id: "S3",
        name: "s3_response_header_by_request_header",
        title: "the Rust filter looks at a request header: add-header with `when`",
        run: s3_when_authorized,
    },
    Walkthrough {
        id: "S4",
        name: "s4_rate_limit_per_ip",
        title: "three requests a minute and address, the upstream by DNS name: rate-limit",
        run: s4_rate_limit,
    },
];

fn s0_hello(lab: &Lab, story: &mut Story) -> Result<()> {
    let hello = story.compare(lab, "s0-unconfigured", &Request::get("/get"))?;
    expect_header(&hello, "hello", &["world!"])?;
    let configured = story.compare(lab, "s0-text", &Request::get("/get"))?;
    expect_header(&configured, "hello", &["what ever you want"])
}

fn s1_teapot(lab: &Lab, story: &mut Story) -> Result<()> {
    let teapot = story.compare(lab, "s1", &Request::get("/banana/418"))?;
    ensure!(teapot.status == 418, "no teapot:\n{teapot}");
    expect_header(&teapot, "who-am-i", &["a wasm filter"])?;
    expect_header(&teapot, "injected-by", &["add-header"])?;
    expect_header(&teapot, "site", &["demo.example"])?;
    expect_header(&teapot, "author", &["Zoë Müller"])?;
    expect_header(&teapot, "configdata", &[&S1_HEADERS.replace('\n', " ")])?;

    let query = lab.envoy.send("s1", &Request::get("/anything?u=banana/7"))?;
    ensure!(query.json()?["args"]["u"] == "banana/7", "the query was changed:\n{query}");
    Ok(())
}

fn s2_response_header(lab: &Lab, story: &mut Story) -> Result<()> {
    let response = story.compare(lab, "s2-http", &Request::get("/get"))?;
    expect_header(&response, "resp-header-demo", &["added by our filter"])
}

fn s2_tcp_payload(lab: &Lab, story: &mut Story) -> Result<()> {
    let arrives = |listener: &str| -> Result<String> {
        let answer = recorder::send(lab.envoy.address(listener)?, &[b"hello ", b"world"], PAUSE)?;
        ensure!(answer == recorder::ANSWER, "the client got {:?}", answer.escape_ascii().to_string());
        Ok(String::from_utf8(lab.recorder.next()?)?)
    };
    let plain = arrives(PLAIN_TCP)?;
    for (listener, expected) in [
        ("s2-tcp", format!("{PREPENDED}hello world")),
        ("s2-tcp-every-chunk", format!("{PREPENDED}hello {PREPENDED}world")),
    ] {
        let arrived = arrives(listener)?;
        story.line("TCP, two chunks: \"hello \" and \"world\"");
        story.line(format!("  without filters  {plain:?} at the upstream"));
        story.line(format!("  with filters     {arrived:?} at the upstream"));
        ensure!(arrived == expected, "the upstream got {arrived:?} instead of {expected:?}");
    }
    Ok(())
}

fn s2_debug_log(lab: &Lab, story: &mut Story) -> Result<()> {
    let post =
        |target: &str| Request { method: "POST".into(), ..Request::get(target) }.send(lab.envoy.admin());
    post("/logging?wasm=debug")?;
    // The filters ask for the level once a second.
    std::thread::sleep(Duration::from_millis(2100));
    lab.envoy.send("s1", &Request::get("/banana/200"))?;
    let line = "rules[0]: /banana/200 -> /status/200";
    let logged = lab.envoy.wait_for_log(line);
    post("/logging?wasm=info")?;
    logged?;
    story.line("POST /logging?wasm=debug on the admin port, then GET /banana/200");
    story.line(format!("  in Envoy's log   {line}"));
    Ok(())
}

fn s3_when_authorized(lab: &Lab, story: &mut Story) -> Result<()> {
    let anonymous = story.compare(lab, "s3", &Request::get("/get"))?;
    expect_header(&anonymous, "x-test", &[])?;
    let authorized = story.compare(lab, "s3", &Request::get("/get").header("authorization", "Basic Zm9v"))?;
    expect_header(&authorized, "x-test", &["a.example"])
}

fn s4_rate_limit(lab: &Lab, story: &mut Story) -> Result<()> {
    for number in 1..=5 {
        let plain = lab.envoy.send(PLAIN, &Request::get("/get"))?;
        let response = lab.envoy.send("s4", &Request::get("/get"))?;
        let retry_after = response.values("retry-after");
        story.line(format!("GET /get, request {number} within a minute"));
        story.line(format!("  without filters  {}", plain.status));
        story.line(match retry_after.first() {
            None => format!("  with filters     {}", response.status),
            Some(seconds) => format!("  with filters     {}, retry-after: {seconds}", response.status),
        });
        let expected = if number <= 3 { 200 } else { 429 };
        ensure!(response.status == expected, "request {number} got\n{response}");
        ensure!(retry_after.is_empty() == (expected == 200), "retry-after of request {number}:\n{response}");
    }
    Ok(())
}
