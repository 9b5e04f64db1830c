//! rate-limit under parallel requests on two workers.

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::http::Request;
use testbed::httpbin::Httpbin;

use crate::Case;

pub(crate) const TESTS: [Case; 2] = [
    ("three_of_fifty_parallel_requests_pass_a_limit_of_three", three_of_fifty),
    ("two_plugins_of_one_vm_count_apart", two_plugins),
];

fn three_of_fifty(_: &Lab) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let limit = Filter::new("rate-limit", r#"{"ttlSecond": 60, "burst": 3}"#);
    let bootstrap =
        Bootstrap::default().cluster("httpbin", httpbin.address()).http("limited", &[limit], "httpbin");
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

/// The plugins differ by name only, so their counts do because `namespace` defaults to the name.
fn two_plugins(_: &Lab) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let limit = [Filter::new("rate-limit", r#"{"ttlSecond": 60, "burst": 1}"#)];
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", httpbin.address())
        .http("one", &limit, "httpbin")
        .http("two", &limit, "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    let status = |listener| Ok(envoy.send(listener, &Request::get("/get"))?.status);
    let statuses = ["one", "one", "two", "two"].into_iter().map(status).collect::<Result<Vec<_>>>()?;
    ensure!(statuses == [200, 429, 200, 429], "statuses {statuses:?}");
    Ok(())
}
