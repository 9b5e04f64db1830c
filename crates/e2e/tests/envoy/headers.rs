//! add-header together with Envoy's own features.

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::transcript::expect_header;

use crate::Case;

pub(crate) const TESTS: [Case; 5] = [
    ("set_leaves_one_value_of_a_repeated_header", set_replaces_all),
    ("envoys_local_replies_get_the_headers", local_replies),
    ("replies_of_later_filters_get_the_headers_and_those_of_earlier_ones_do_not", other_filters_replies),
    ("envoy_overwrites_server_unless_it_passes_it_through", server),
    ("two_plugins_of_one_vm_keep_their_configurations_through_reloads", two_plugins_through_reloads),
];

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    let set = |name, value| {
        let header = format!(r#"{{"action": "set", "name": "{name}", "value": "{value}"}}"#);
        built::filter("add-header", &format!(r#"{{"response": [{header}]}}"#))
    };
    let hello = built::filter("add-header", "");
    let limit = built::filter("rate-limit", r#"{"ttlSecond": 3600, "burst": 1}"#);
    bootstrap
        // Nothing listens on port 1.
        .cluster("unreachable", ([127, 0, 0, 1], 1).into())
        .http("headers-set", &[set("x-a", "3")], "httpbin")
        .http("headers-local-reply", std::slice::from_ref(&hello), "unreachable")
        .http("headers-before-limit", &[hello.clone(), limit.clone()], "httpbin")
        .http("headers-after-limit", &[limit, hello], "httpbin")
        .http("headers-server-overwritten", &[set("server", "mine")], "httpbin")
        .pass_server_through()
        .http("headers-server-passed", &[set("server", "mine")], "httpbin")
}

fn set_replaces_all(fixture: &Fixture) -> Result<()> {
    let repeated = Request::get("/response-headers?x-a=1&x-a=2");
    expect_header(&repeated.send(fixture.httpbin())?, "x-a", &["1", "2"])?;
    expect_header(&fixture.envoy.send("headers-set", &repeated)?, "x-a", &["3"])
}

fn local_replies(fixture: &Fixture) -> Result<()> {
    let response = fixture.envoy.send("headers-local-reply", &Request::get("/"))?;
    ensure!(response.status == 503, "expected status 503:\n{response}");
    expect_header(&response, "hello", &["world!"])
}

fn other_filters_replies(fixture: &Fixture) -> Result<()> {
    for (listener, on_limited) in
        [("headers-before-limit", ["world!"].as_slice()), ("headers-after-limit", &[])]
    {
        expect_header(&fixture.envoy.send(listener, &Request::get("/get"))?, "hello", &["world!"])?;
        let limited = fixture.envoy.send(listener, &Request::get("/get"))?;
        ensure!(limited.status == 429, "expected status 429:\n{limited}");
        expect_header(&limited, "hello", on_limited)?;
    }
    Ok(())
}

fn server(fixture: &Fixture) -> Result<()> {
    for (listener, server) in [("headers-server-overwritten", "envoy"), ("headers-server-passed", "mine")] {
        expect_header(&fixture.envoy.send(listener, &Request::get("/get"))?, "server", &[server])?;
    }
    Ok(())
}

/// Both plugins run the same module in one VM per worker. Each reload adds new plugins beside the old ones.
fn two_plugins_through_reloads(fixture: &Fixture) -> Result<()> {
    let with = |one: &str, two: &str| {
        let filter = |value| built::filter("add-header", value).named("", "one-vm");
        Bootstrap::default()
            .cluster("httpbin", fixture.httpbin())
            .http("one", &[filter(one)], "httpbin")
            .http("two", &[filter(two)], "httpbin")
    };
    let envoy = Envoy::start_watching(&with("first", "second"))?;
    for (one, two) in [("first", "third"), ("fourth", "third"), ("fifth", "sixth")] {
        envoy.reload(&with(one, two))?;
        for _ in 0..10 {
            expect_header(&envoy.send("one", &Request::get("/get"))?, "hello", &[one])?;
            expect_header(&envoy.send("two", &Request::get("/get"))?, "hello", &[two])?;
        }
    }
    Ok(())
}
