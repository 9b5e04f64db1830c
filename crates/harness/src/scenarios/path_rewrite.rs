//! path-rewrite: a walk-through turns a banana into a teapot, and another reads debug logs.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::scenario::{Group, Scenario};
use crate::fixture::{Fixture, S1_HEADERS, S1_PATHS};
use crate::http::Request;
use crate::transcript::{Transcript, expect_header};

pub(super) const GROUP: Group = Group {
    filter: "path-rewrite",
    purpose: "rewrites paths, or redirects",
    scenarios: &[
        Scenario {
            id: "S1",
            name: "s1_teapot_from_path_rewrite_and_add_header",
            title: "`/banana/418` reaches the upstream as `/status/418`; after it, add-header adds headers",
            run: teapot,
        },
        Scenario {
            id: "S2",
            name: "s2_debug_log_through_the_admin_interface",
            title: "Envoy's log shows each rewrite once the admin interface switches debug logs on",
            run: debug_log,
        },
    ],
};

fn teapot(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    transcript.configuration("path-rewrite", S1_PATHS);
    transcript.configuration("add-header", S1_HEADERS);
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

fn debug_log(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
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
    transcript.exchange("POST /logging?wasm=debug to the admin interface, then GET /banana/200");
    transcript.line(format!("  in Envoy's log   {line}"));
    Ok(())
}
