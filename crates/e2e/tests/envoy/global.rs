//! rate-limit with an engine behind it: Limitador, over Envoy's Rate Limit Service.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use engine::{Engine, Storage};
use fastrand::Rng;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use proxy_filter_test::{Response as Answer, Upstream};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 3] = [
    ("one_limit_of_an_engine_holds_over_two_envoys", two_envoys),
    ("an_engine_decides_for_us_as_it_does_for_envoys_own_filter", as_envoys_own),
    ("an_engine_that_starts_late_and_ends_in_mid_traffic_fails_no_request", ends_and_comes_back),
];

/// By address, and by API key, in the order of the rules.
const LIMITS: &str = r#"
- namespace: edge
  max_value: 8
  seconds: 3600
  conditions: ["'remote_address' in descriptors[0]"]
  variables: ["descriptors[0]['remote_address']"]
- namespace: edge
  max_value: 3
  seconds: 3600
  conditions: ["size(descriptors) > 1 && 'x-api-key' in descriptors[1]"]
  variables: ["descriptors[1]['x-api-key']"]
"#;

/// Rules that leave it all to the engine.
const RULES: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 1000, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1000, "period": "1h"}
    ],
    "global": {"cluster": "engine", "domain": "edge", "timeout": "5s"}
}"#;

fn ours(engine: SocketAddr) -> Bootstrap {
    let answered = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
    Bootstrap::default().trusted_hops(1).http2_cluster("engine", engine).routed(
        "limited",
        &[Filter::new("rate-limit", RULES)],
        &[answered],
    )
}

fn get(client: &str, key: Option<&str>) -> Request {
    let request = Request::get("/").header("x-forwarded-for", client);
    key.map_or(request.clone(), |key| request.header("x-api-key", key))
}

fn two_envoys(_: &Lab) -> Result<()> {
    let engine = Engine::start(LIMITS, Storage::Memory)?;
    let envoys = [Envoy::start(&ours(engine.address()))?, Envoy::start(&ours(engine.address()))?];
    let statuses = (0..12).map(|turn| {
        let envoy = envoys.iter().cycle().nth(turn);
        let response = envoy.map(|envoy| envoy.send("limited", &get("192.0.2.1", None))).transpose()?;
        Ok(response.map(|response| response.status).unwrap_or_default())
    });
    let statuses = statuses.collect::<Result<Vec<_>>>()?;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    ensure!(passed == 8, "{statuses:?}");
    ensure!(
        envoys.iter().all(|envoy| matches!(limited(envoy), Ok(2))),
        "each Envoy has its share of refusals"
    );
    Ok(())
}

fn limited(envoy: &Envoy) -> Result<u64> {
    Ok(envoy.stat("wasmcustom.rate_limit.per-ip.global_limited")?.unwrap_or_default())
}

/// The same requests, each with an engine of its own, so that neither takes what the other has.
fn as_envoys_own(_: &Lab) -> Result<()> {
    let (for_us, for_envoy) =
        (Engine::start(LIMITS, Storage::Memory)?, Engine::start(LIMITS, Storage::Memory)?);
    // Envoy's own asks only for what is routed to a cluster.
    let upstream = Upstream::start(Answer::new(200))?;
    let native = Bootstrap::default()
        .trusted_hops(1)
        .http2_cluster("engine", for_envoy.address())
        .cluster("upstream", upstream.address())
        .http("limited", &[Filter::Native(native_filter())], "upstream");
    let (ours, native) = (Envoy::start(&ours(for_us.address()))?, Envoy::start(&native)?);
    let mut random = Rng::with_seed(7);
    let mut counts = [0, 0];
    for _ in 0..200 {
        let client = format!("192.0.2.{}", random.u8(..12));
        let key = ["a", "b", "c", "d", "e"].get(random.usize(..10)).copied();
        let request = get(&client, key);
        let status = |envoy: &Envoy| Ok::<_, anyhow::Error>(envoy.send("limited", &request)?.status);
        let (our, own) = (status(&ours)?, status(&native)?);
        ensure!(our == own, "{client} {key:?}: ours {our}, Envoy's own {own}");
        let [passed, limited] = &mut counts;
        *(if our == 200 { passed } else { limited }) += 1;
    }
    println!(
        "an engine's decisions: 200 requests, {counts:?} passed and limited, the same for Envoy's own filter"
    );
    ensure!(counts.iter().all(|count| *count > 20), "{counts:?}");
    Ok(())
}

/// Envoy's filter, with the descriptors that our rules give.
fn native_filter() -> Value {
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
                "grpc_service": {"envoy_grpc": {"cluster_name": "engine"}},
            },
        },
    })
}

fn ends_and_comes_back(_: &Lab) -> Result<()> {
    let address = Engine::start(LIMITS, Storage::Memory)?.address();
    let envoy = Envoy::start(&ours(address))?;
    let passed = |times: usize| -> Result<usize> {
        let statuses = (0..times).map(|_| Ok(envoy.send("limited", &get("192.0.2.1", None))?.status));
        let statuses = statuses.collect::<Result<Vec<_>>>()?;
        ensure!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        Ok(statuses.iter().filter(|status| **status == 200).count())
    };
    let limits_at_last = || -> Result<()> {
        // Envoy tries a host again only after a while.
        for _ in 0..200 {
            if passed(1)? == 0 {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        anyhow::bail!("the engine that is there now is not asked")
    };
    ensure!(passed(10)? == 10, "no engine yet: the local rules admit them all");
    let errors = envoy.stat("wasmcustom.rate_limit.per-ip.global_error")?.unwrap_or_default();
    ensure!(errors == 10, "{errors} errors are counted");
    envoy.wait_for_log("the rate limit service in cluster `engine` failed, only local limits apply")?;
    let engine = Engine::start_at(address, LIMITS, Storage::Memory)?;
    limits_at_last()?;
    drop(engine);
    ensure!(passed(10)? == 10, "the engine has ended: the local rules admit them all");
    let _engine = Engine::start_at(address, LIMITS, Storage::Memory)?;
    limits_at_last()?;
    let open = envoy.stat("cluster.engine.upstream_rq_active")?;
    ensure!(open == Some(0), "{open:?} calls are still open");
    Ok(())
}
