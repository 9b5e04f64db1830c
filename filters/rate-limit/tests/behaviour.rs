//! What rate-limit lets through.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::time::Duration;

use proxy_model::{Exchange, HttpPlugin, Proxy, Request, json_examples};
use rate_limit::RateLimit;

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

fn statuses(plugin: &HttpPlugin<RateLimit>, requests: usize, request: &Request) -> Vec<u16> {
    (0..requests).map(|_| plugin.send(request.clone()).status()).collect()
}

#[test]
fn three_per_minute_and_address() {
    let proxy = Proxy::new();
    let plugin = proxy.http::<RateLimit>(PER_IP).unwrap();
    let ann = Request::get("/").from("10.0.0.1:1");
    assert_eq!(statuses(&plugin, 5, &ann), [200, 200, 200, 429, 429]);
    assert_eq!(statuses(&plugin, 1, &ann.clone().from("10.0.0.1:2")), [429], "a new port is no new client");
    assert_eq!(statuses(&plugin, 1, &ann.clone().from("10.0.0.2:1")), [200]);
    assert_eq!(statuses(&plugin, 1, &ann.clone().from("[2001:db8::1]:1")), [200]);

    proxy.advance(Duration::from_secs(20));
    assert_eq!(statuses(&plugin, 2, &ann), [200, 429]);
    proxy.advance(Duration::from_secs(3600));
    assert_eq!(statuses(&plugin, 4, &ann), [200, 200, 200, 429]);
}

#[test]
fn a_limited_client_learns_when_to_come_back() {
    let proxy = Proxy::new();
    let plugin = proxy.http::<RateLimit>(PER_IP).unwrap();
    let retry_after = |exchange: &Exchange| exchange.response.values("retry-after");
    let exchanges: Vec<_> = (0..4).map(|_| plugin.send(Request::get("/"))).collect();
    assert!(exchanges[..3].iter().all(|exchange| retry_after(exchange).is_empty()));
    assert_eq!(retry_after(&exchanges[3]), ["20"]);
    assert!(exchanges[3].upstream.is_none());
    proxy.advance(Duration::from_millis(19_001));
    assert_eq!(retry_after(&plugin.send(Request::get("/"))), ["1"]);
}

#[test]
fn a_rule_by_header_does_not_apply_without_it() {
    let rules =
        r#"{"rules": [{"name": "key", "key": [{"header": "X-Api-Key"}], "limit": 1, "period": "1h"}]}"#;
    let plugin = Proxy::new().http::<RateLimit>(rules).unwrap();
    let with = |key: &str| Request::get("/").header("x-api-key", key);
    assert_eq!(statuses(&plugin, 2, &with("a")), [200, 429]);
    assert_eq!(statuses(&plugin, 2, &with("b")), [200, 429]);
    assert_eq!(statuses(&plugin, 2, &with("")), [200, 429]);
    assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
}

#[test]
fn a_refused_request_is_charged_to_no_rule() {
    let rules = r#"{"rules": [
        {"name": "all", "key": [], "limit": 3, "period": "1h"},
        {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}
    ]}"#;
    let plugin = Proxy::new().http::<RateLimit>(rules).unwrap();
    let with = |key: &str| Request::get("/").header("x-api-key", key);
    assert_eq!(statuses(&plugin, 50, &with("a")).iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses(&plugin, 1, &with("b")), [200]);
    assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 429]);
}

#[test]
fn a_reload_keeps_the_counts_of_an_unchanged_rule_and_starts_a_changed_one_anew() {
    let proxy = Proxy::new();
    let first = proxy.http::<RateLimit>(PER_IP).unwrap();
    assert_eq!(statuses(&first, 3, &Request::get("/")), [200, 200, 200]);
    let keys = proxy.shared_data_keys();
    let same = proxy.http::<RateLimit>(PER_IP).unwrap();
    assert_eq!(statuses(&same, 1, &Request::get("/")), [429]);
    let changed = proxy.http::<RateLimit>(r#"{"ttlSecond": 60, "burst": 2}"#).unwrap();
    assert_eq!(statuses(&changed, 3, &Request::get("/")), [200, 200, 429]);
    assert_eq!(proxy.shared_data_keys(), keys, "nothing is left behind");
}

#[test]
fn a_flood_of_clients_neither_grows_the_table_nor_frees_a_limited_one() {
    let proxy = Proxy::new();
    let plugin = proxy.http::<RateLimit>(PER_IP).unwrap();
    let keys = proxy.shared_data_keys();
    assert_eq!(statuses(&plugin, 4, &Request::get("/").from("10.0.0.1:1")), [200, 200, 200, 429]);
    for client in 0..50_000_u32 {
        let [a, b, c, d] = (0x0b00_0000 + client).to_be_bytes();
        plugin.send(Request::get("/").from(&format!("{a}.{b}.{c}.{d}:1")));
    }
    assert_eq!(statuses(&plugin, 1, &Request::get("/").from("10.0.0.1:1")), [429]);
    assert_eq!(proxy.shared_data_keys(), keys);
}

#[test]
fn the_readmes_configurations_are_accepted() {
    let examples = json_examples(include_str!("../README.md"));
    assert!(!examples.is_empty());
    for example in examples {
        Proxy::new().http::<RateLimit>(example).unwrap();
    }
}
