//! What add-header's promises rest on in Envoy.

use anyhow::Result;
use e2e::lab::Lab;
use e2e::story::expect_header;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;

use crate::Case;

pub(crate) const TESTS: [Case; 5] = [
    ("set_leaves_one_value_of_a_repeated_header", set_replaces_all),
    ("replies_that_envoy_makes_itself_get_the_headers", envoys_own_replies),
    ("replies_of_filters_behind_it_get_the_headers_those_before_it_do_not", other_filters_replies),
    ("server_is_overwritten_by_envoy_unless_it_passes_it_through", server),
    ("two_plugins_of_one_vm_keep_their_configurations_through_reloads", two_plugins_through_reloads),
];

fn set_replaces_all(lab: &Lab) -> Result<()> {
    let set = Filter::new("add-header", r#"{"response": [{"action": "set", "name": "x-a", "value": "3"}]}"#);
    let bootstrap = Bootstrap::default().cluster("httpbin", lab.httpbin()).http("set", &[set], "httpbin");
    let repeated = Request::get("/response-headers?x-a=1&x-a=2");
    expect_header(&repeated.send(lab.httpbin())?, "x-a", &["1", "2"])?;
    expect_header(&Envoy::start(&bootstrap)?.send("set", &repeated)?, "x-a", &["3"])
}

fn envoys_own_replies(_: &Lab) -> Result<()> {
    let nobody = "127.0.0.1:1".parse()?;
    let hello = Filter::new("add-header", "");
    let bootstrap = Bootstrap::default().cluster("nobody", nobody).http("http", &[hello], "nobody");
    let response = Envoy::start(&bootstrap)?.send("http", &Request::get("/"))?;
    anyhow::ensure!(response.status == 503, "{response}");
    expect_header(&response, "hello", &["world!"])
}

fn other_filters_replies(lab: &Lab) -> Result<()> {
    let hello = Filter::new("add-header", "");
    let limit = Filter::new("rate-limit", r#"{"ttlSecond": 3600, "burst": 1}"#);
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", lab.httpbin())
        .http("hello-first", &[hello.clone(), limit.clone()], "httpbin")
        .http("limit-first", &[limit, hello], "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    for (listener, on_limited) in [("hello-first", ["world!"].as_slice()), ("limit-first", &[])] {
        expect_header(&envoy.send(listener, &Request::get("/get"))?, "hello", &["world!"])?;
        let limited = envoy.send(listener, &Request::get("/get"))?;
        anyhow::ensure!(limited.status == 429, "{limited}");
        expect_header(&limited, "hello", on_limited)?;
    }
    Ok(())
}

fn server(lab: &Lab) -> Result<()> {
    let mine =
        Filter::new("add-header", r#"{"response": [{"action": "set", "name": "server", "value": "mine"}]}"#);
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", lab.httpbin())
        .http("overwritten", std::slice::from_ref(&mine), "httpbin")
        .pass_server_through()
        .http("passed", &[mine], "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    expect_header(&envoy.send("overwritten", &Request::get("/get"))?, "server", &["envoy"])?;
    expect_header(&envoy.send("passed", &Request::get("/get"))?, "server", &["mine"])
}

/// Both plugins are of one module and one VM on each worker; every reload makes new ones beside the old.
fn two_plugins_through_reloads(lab: &Lab) -> Result<()> {
    let with = |one: &str, two: &str| {
        let filter = |value| Filter::new("add-header", value).named("", "one-vm");
        let both = [filter(one), filter(two)];
        let [one, two] = both.map(|filter| [filter]);
        Bootstrap::default()
            .cluster("httpbin", lab.httpbin())
            .http("one", &one, "httpbin")
            .http("two", &two, "httpbin")
    };
    let envoy = Envoy::start_watching(&with("first", "second"))?;
    for (one, two) in [("first", "second"), ("first", "third"), ("fourth", "third"), ("fifth", "sixth")] {
        envoy.reload(&with(one, two))?;
        for _ in 0..10 {
            expect_header(&envoy.send("one", &Request::get("/get"))?, "hello", &[one])?;
            expect_header(&envoy.send("two", &Request::get("/get"))?, "hello", &[two])?;
        }
    }
    Ok(())
}
