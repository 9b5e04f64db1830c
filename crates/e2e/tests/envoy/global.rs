//! rate-limit with a rate limit service: Limitador, over Envoy's Rate Limit Service API.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use fastrand::Rng;
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::parts;
use limitador::limit::Limit;
use proxy_filter_test::{Response, Upstream};
use serde_json::{Value, json};

use crate::Case;
use crate::limitador::Limitador;
use crate::route::direct_response;

pub(crate) const TESTS: [Case; 3] = [
    ("a_global_limit_holds_across_two_envoys", two_envoys),
    ("rate_limit_and_envoys_ratelimit_filter_decide_alike", like_envoys_own),
    ("requests_pass_while_the_rate_limit_service_is_down", outage),
];

/// The limits of `deploy/engines/limitador`, lowered: eight requests an hour per address, and three per API key.
fn limits() -> Result<Vec<Limit>> {
    let path = parts::root().join("deploy/engines/limitador/limits.yaml");
    let mut limits: Vec<Value> = serde_saphyr::from_str(&fs::read_to_string(path)?)?;
    for limit in &mut limits {
        let is_per_key = limit["variables"] == json!(["descriptors[1]['x-api-key']"]);
        limit["max_value"] = json!(if is_per_key { 3 } else { 8 });
    }
    Ok(serde_json::from_value(limits.into())?)
}

/// Local limits high enough to leave every decision to the service.
const RULES: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 1000, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1000, "period": "1h"}
    ],
    "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "5s"}
}"#;

fn with_rate_limit(service: SocketAddr) -> Bootstrap {
    Bootstrap::default().trusted_hops(1).http2_cluster("ratelimit", service).routed(
        "limited",
        &[built::filter("rate-limit", RULES)],
        &[direct_response()],
    )
}

fn get(client: &str, key: Option<&str>) -> Request {
    let request = Request::get("/").header("x-forwarded-for", client);
    key.map_or(request.clone(), |key| request.header("x-api-key", key))
}

fn two_envoys(_: &Fixture) -> Result<()> {
    let service = Limitador::start(limits()?)?;
    let bootstrap = with_rate_limit(service.address());
    let envoys = [Envoy::start(&bootstrap)?, Envoy::start(&bootstrap)?];
    let statuses = envoys
        .iter()
        .cycle()
        .take(12)
        .map(|envoy| Ok(envoy.send("limited", &get("192.0.2.1", None))?.status))
        .collect::<Result<Vec<_>>>()?;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    ensure!(passed == 8, "{statuses:?}");
    for envoy in &envoys {
        let limited =
            envoy.count("wasmcustom.rate_limit.global_limited.filter.limited-rate-limit.rule.per-ip")?;
        ensure!(limited == 2, "one Envoy limited {limited} requests, expected 2");
    }
    Ok(())
}

/// Both filters get the same requests and a service of their own, so that neither uses up the other's limits.
fn like_envoys_own(_: &Fixture) -> Result<()> {
    let (our_service, native_service) = (Limitador::start(limits()?)?, Limitador::start(limits()?)?);
    // Envoy's filter calls the service only for requests that are routed to a cluster.
    let upstream = Upstream::start(Response::new(200))?;
    let native = Bootstrap::default()
        .trusted_hops(1)
        .http2_cluster("ratelimit", native_service.address())
        .cluster("upstream", upstream.address())
        .http("limited", &[Filter::Native(envoys_filter())], "upstream");
    let (ours, native) = (Envoy::start(&with_rate_limit(our_service.address()))?, Envoy::start(&native)?);
    let mut random = Rng::with_seed(7);
    let (mut passed, mut limited) = (0_u32, 0_u32);
    for _ in 0..200 {
        let client = format!("192.0.2.{}", random.u8(..12));
        let key = ["a", "b", "c", "d", "e"].get(random.usize(..10)).copied();
        let request = get(&client, key);
        let status = |envoy: &Envoy| Ok::<_, anyhow::Error>(envoy.send("limited", &request)?.status);
        let (ours, native) = (status(&ours)?, status(&native)?);
        ensure!(ours == native, "{client} {key:?}: rate-limit {ours}, Envoy's filter {native}");
        let count = if ours == 200 { &mut passed } else { &mut limited };
        *count = count.saturating_add(1);
    }
    println!("rate limit service: {passed} of 200 requests passed, as with Envoy's own filter");
    ensure!(passed > 20 && limited > 20, "{passed} requests passed, {limited} were limited");
    Ok(())
}

/// Configures Envoy's filter with the descriptors that [`RULES`] produce.
fn envoys_filter() -> Value {
    json!({
        "name": "envoy.filters.http.ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit",
            "domain": "edge",
            "timeout": "5s",
            "rate_limits": [
                {"actions": [{"remote_address": {}}]},
                {"actions": [{"request_headers": {"header_name": "x-api-key", "descriptor_key": "x-api-key"}}]},
            ],
            "rate_limit_service": {
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": "ratelimit"}},
            },
        },
    })
}

fn outage(_: &Fixture) -> Result<()> {
    let address = Limitador::start(limits()?)?.address();
    let envoy = Envoy::start(&with_rate_limit(address))?;
    let passed = |times: usize| -> Result<usize> {
        let statuses = (0..times).map(|_| Ok(envoy.send("limited", &get("192.0.2.1", None))?.status));
        let statuses = statuses.collect::<Result<Vec<_>>>()?;
        ensure!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        Ok(statuses.iter().filter(|status| **status == 200).count())
    };
    let wait_for_a_refusal = || -> Result<()> {
        // Envoy waits before it connects to a failed host again.
        for _ in 0..200 {
            if passed(1)? == 0 {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("ten seconds after its start, the service has not limited any request")
    };
    ensure!(passed(10)? == 10, "before the service starts, the local rules must admit all requests");
    let errors = envoy.count("wasmcustom.rate_limit.global_error.filter.limited-rate-limit")?;
    ensure!(errors == 10, "`global_error` is {errors}, expected 10");
    envoy.wait_for_log("cluster `ratelimit`")?;
    let service = Limitador::start_at(address, limits()?)?;
    wait_for_a_refusal()?;
    drop(service);
    ensure!(passed(10)? == 10, "after the service stops, the local rules must admit all requests");
    let _service = Limitador::start_at(address, limits()?)?;
    wait_for_a_refusal()?;
    let active = envoy.stat("cluster.ratelimit.upstream_rq_active")?;
    ensure!(active == Some(0), "{active:?} calls are still open");
    Ok(())
}
