//! rate-limit with many clients, many workers, many plugins and many reloads.

mod flood;
mod in_flight;
mod late;
mod memory;
mod namesakes;
mod reloads;
mod workers;

use anyhow::{Result, anyhow, ensure};
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use serde_json::json;

use crate::{Case, route};

pub(crate) const TESTS: [Case; 16] = [
    ("ten_thousand_resets_leave_every_place_given_back", in_flight::resets),
    ("however_a_request_ends_its_place_is_given_back", in_flight::endings),
    ("limits_survive_two_hundred_reloads_under_load_without_leaks", reloads::two_hundred),
    ("many_clients_neither_grow_envoy_nor_free_a_limited_client", flood::many_clients),
    ("two_workers_admit_exactly_the_limit", |_| workers::exact(2)),
    ("four_workers_admit_exactly_the_limit", |_| workers::exact(4)),
    ("twenty_plugins_of_one_namespace_keep_their_limits_apart", namesakes::twenty),
    ("a_plugin_keeps_its_counts_while_others_of_its_namespace_reload", namesakes::reloaded),
    ("a_table_takes_the_memory_that_the_readme_says", memory::of_a_table),
    ("three_of_fifty_parallel_requests_pass_a_limit_of_three", three_of_fifty),
    ("responses_of_httpbin_are_counted_and_say_what_they_cost", late::httpbin),
    ("replies_of_envoy_count_if_they_match", late::replies_of_envoy),
    ("clients_that_leave_pay_the_default", late::resets),
    ("a_language_model_says_what_its_streams_cost", late::model),
    ("two_plugins_of_one_vm_count_separately", two_plugins),
    ("a_forged_client_address_does_not_count", forged_address),
];

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    let limit = |burst| [built::filter("rate-limit", &json!({"ttlSecond": 60, "burst": burst}).to_string())];
    bootstrap
        .http("limits-three", &limit(3), "httpbin")
        .http("limits-one", &limit(1), "httpbin")
        .http("limits-two", &limit(1), "httpbin")
        .trusted_hops(1)
        .routed("limits-trusting", &limit(2), &[route::direct_response()])
}

fn three_of_fifty(fixture: &Fixture) -> Result<()> {
    let address = fixture.envoy.address("limits-three")?;
    let clients: Vec<_> =
        (0..50).map(|_| std::thread::spawn(move || Request::get("/get").send(address))).collect();
    let mut statuses = Vec::new();
    for client in clients {
        let response = client.join().map_err(|_| anyhow!("a client panicked"))??;
        statuses.push(response.status);
    }
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    ensure!((count(200), count(429)) == (3, 47), "statuses {statuses:?}");
    let used = fixture.envoy.workers_used("limits-three")?;
    ensure!(used == 2, "{used} of 2 workers accepted connections");
    Ok(())
}

/// Behind one trusted proxy the last address is the one that proxy saw. Clients can forge those before it.
fn forged_address(fixture: &Fixture) -> Result<()> {
    let status = |forwarded: &str| {
        let request = Request::get("/").header("x-forwarded-for", forwarded);
        Ok(fixture.envoy.send("limits-trusting", &request)?.status)
    };
    let forged =
        ["10.0.0.1, 192.0.2.1", "10.0.0.2, 192.0.2.1", "10.0.0.3, 192.0.2.1", "192.0.2.1, 192.0.2.2"];
    let statuses = forged.into_iter().map(status).collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 200, 429, 200], "statuses {statuses:?}");
    Ok(())
}

/// The plugins differ only by name, to which `namespace` defaults.
fn two_plugins(fixture: &Fixture) -> Result<()> {
    let status = |listener| Ok(fixture.envoy.send(listener, &Request::get("/get"))?.status);
    let listeners = ["limits-one", "limits-one", "limits-two", "limits-two"];
    let statuses = listeners.into_iter().map(status).collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 429, 200, 429], "statuses {statuses:?}");
    Ok(())
}
