//! rate-limit in a real Envoy: many clients, many workers, many reloads.

mod flood;
mod memory;
mod namesakes;
mod reloads;
mod workers;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 10] = [
    ("three_of_fifty_parallel_requests_pass_a_limit_of_three", three_of_fifty),
    ("two_plugins_of_one_vm_count_apart", two_plugins),
    ("twenty_plugins_of_one_namespace_and_four_workers_admit_what_each_rule_says", namesakes::twenty),
    ("a_plugin_keeps_its_counts_while_others_of_its_namespace_are_reloaded", namesakes::reloaded),
    ("a_table_takes_the_memory_that_the_readme_says", memory::of_a_table),
    ("an_address_that_the_client_made_up_is_not_believed", forged_address),
    ("a_million_clients_neither_cost_memory_nor_free_a_limited_one", flood::a_million_clients),
    ("two_workers_admit_what_one_limit_says_and_no_less", |lab| workers::exact(lab, 2)),
    ("four_workers_admit_what_one_limit_says_and_no_less", |lab| workers::exact(lab, 4)),
    ("reloads_in_mid_traffic_keep_what_did_not_change_and_leak_nothing", reloads::two_hundred),
];

/// A route that Envoy answers by itself, so that nothing else is measured.
fn answered() -> Value {
    json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})
}

fn three_of_fifty(lab: &Lab) -> Result<()> {
    let limit = Filter::new("rate-limit", r#"{"ttlSecond": 60, "burst": 3}"#);
    let bootstrap =
        Bootstrap::default().cluster("httpbin", lab.httpbin()).http("limited", &[limit], "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let clients: Vec<_> =
        (0..50).map(|_| std::thread::spawn(move || Request::get("/get").send(address))).collect();
    let mut statuses = Vec::new();
    for client in clients {
        let response = client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        statuses.push(response.status);
    }
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    ensure!((count(200), count(429)) == (3, 47), "statuses {statuses:?}");
    let used = envoy.workers_used("limited")?;
    ensure!(used == 2, "only {used} of 2 workers took part");
    Ok(())
}

/// Behind one trusted proxy the last address is what that proxy saw; what stands before it anybody can send.
fn forged_address(_: &Lab) -> Result<()> {
    let limit = [Filter::new("rate-limit", r#"{"ttlSecond": 60, "burst": 2}"#)];
    let bootstrap = Bootstrap::default().trusted_hops(1).routed("limited", &limit, &[answered()]);
    let envoy = Envoy::start(&bootstrap)?;
    let status = |forwarded: &str| {
        Ok(envoy.send("limited", &Request::get("/").header("x-forwarded-for", forwarded))?.status)
    };
    let forged =
        ["10.0.0.1, 192.0.2.1", "10.0.0.2, 192.0.2.1", "10.0.0.3, 192.0.2.1", "192.0.2.1, 192.0.2.2"];
    let statuses = forged.into_iter().map(status).collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 200, 429, 200], "statuses {statuses:?}");
    Ok(())
}

/// The plugins differ by name only, so their counts do because `namespace` defaults to the name.
fn two_plugins(lab: &Lab) -> Result<()> {
    let limit = [Filter::new("rate-limit", r#"{"ttlSecond": 60, "burst": 1}"#)];
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", lab.httpbin())
        .http("one", &limit, "httpbin")
        .http("two", &limit, "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    let status = |listener| Ok(envoy.send(listener, &Request::get("/get"))?.status);
    let statuses = ["one", "one", "two", "two"].into_iter().map(status).collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 429, 200, 429], "statuses {statuses:?}");
    Ok(())
}
