//! rate-limit with an engine behind it: Limitador, over Envoy's Rate Limit Service.

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use engine::{Engine, Limit};
use fastrand::Rng;
use proxy_filter_test::{Response as Answer, Upstream};
use serde_json::{Value, json};
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::http::Request;

use crate::Case;

pub(crate) const TESTS: [Case; 3] = [
    ("one_limit_of_an_engine_holds_over_two_envoys", two_envoys),
    ("an_engine_decides_for_us_as_it_does_for_envoys_own_filter", as_envoys_own),
    ("an_engine_that_ends_in_mid_traffic_and_comes_back_fails_no_request", ends_and_comes_back),
];

const DOMAIN: &str = "edge";

/// By address, and by API key.
const LIMITS: [Limit; 2] = [
    Limit { key: "remote_address", most: 8, seconds: 3600 },
    Limit { key: "x-api-key", most: 3, seconds: 3600 },
];

/// Rules that leave it all to the engine.
const RULES: &str = r#"{
    "rules": [
        {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 1000, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1000, "period": "1h"}
    ],
    "global": {"cluster": "engine", "domain": "edge", "timeout": "5s"}
}"#;

fn ours(engine: &Engine) -> Bootstrap {
    let answered = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
    Bootstrap::default().trusted_hops(1).http2_cluster("engine", engine.address()).routed(
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
    let engine = Engine::start(DOMAIN, &LIMITS)?;
    let envoys = [Envoy::start(&ours(&engine))?, Envoy::start(&ours(&engine))?];
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
    Ok(envoy.stat("wasmcustom.rate_limit.per-ip.limited")?.unwrap_or_default())
}

/// The same requests, each with an engine of its own, so that neither takes what the other has.
fn as_envoys_own(_: &Lab) -> Result<()> {
    let (for_us, for_envoy) = (Engine::start(DOMAIN, &LIMITS)?, Engine::start(DOMAIN, &LIMITS)?);
    // Envoy's own asks only for what is routed to a cluster.
    let upstream = Upstream::start(Answer::new(200))?;
    let native = Bootstrap::default()
        .trusted_hops(1)
        .http2_cluster("engine", for_envoy.address())
        .cluster("upstream", upstream.address())
        .http("limited", &[Filter::Native(native_filter())], "upstream");
    let (ours, native) = (Envoy::start(&ours(&for_us))?, Envoy::start(&native)?);
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
            "domain": DOMAIN,
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
    let engine = Engine::start(DOMAIN, &LIMITS)?;
    let address = engine.address();
    let envoy = Envoy::start(&ours(&engine))?;
    let passed = |times: usize| -> Result<usize> {
        let statuses = (0..times).map(|_| Ok(envoy.send("limited", &get("192.0.2.1", None))?.status));
        let statuses = statuses.collect::<Result<Vec<_>>>()?;
        ensure!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        Ok(statuses.iter().filter(|status| **status == 200).count())
    };
    ensure!(passed(10)? == 8, "the engine's limit does not hold");
    drop(engine);
    ensure!(passed(10)? == 10, "the local rules admit them all");
    let errors = envoy.stat("wasmcustom.rate_limit.per-ip.global_error")?.unwrap_or_default();
    ensure!(errors == 10, "{errors} errors are counted");
    envoy.wait_for_log("the engine fails, requests are left to the local rules")?;
    let _engine = Engine::start_at(address, DOMAIN, &LIMITS)?;
    // Envoy tries a host again only after a while.
    for _ in 0..100 {
        if passed(1)? == 0 {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("the engine that came back is not asked")
}
