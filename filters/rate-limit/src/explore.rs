//! Tries every interleaving of workers that run this filter: rules that decide together, requests in flight, charges by the
//! response, and a reload of these.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::rc::Rc;

use explore::vms::World;
use explore::{expect_right, explore, is_long};
use limits::gcra::SECOND;
use limits::in_flight::GONE_AFTER;
use proxy_filter::specialize::Specialize;

use crate::{Plan, RateLimit};
use requests::{Bound, Requests, Without};

mod requests;

/// What the clock says when explorations begin, in nanoseconds.
const START: u64 = 1000 * SECOND;

/// Nanoseconds in which a token is refilled, in all rules.
const INTERVAL: u64 = SECOND / 1000;

fn configuration(rules: &str, expected: &[Bound]) -> (Rc<Plan>, Vec<Bound>) {
    let json = format!(r#"{{"namespace": "n", "rules": [{rules}]}}"#);
    (Rc::new(RateLimit::plan(json.as_bytes()).unwrap()), expected.to_vec())
}

/// A rule with a bucket for all requests.
macro_rules! bucket {
    ($name:literal, $burst:literal $(, $more:literal)?) => {
        concat!(
            r#"{"name": ""#, $name, r#"", "key": [], "limit": 1000, "period": "1s", "burst": "#, $burst,
            $(", ", $more,)? "}"
        )
    };
}

/// Two workers for one configuration, and one for each of two.
fn world(scenario: &Requests, jumps: u32) -> World<'_, Requests> {
    let count = scenario.configurations.len();
    let start = (0..count).fold(World::new(scenario, START), |world, program| world.after(count + program));
    start.with(jumps, scenario.traps).running("one", 0).running("two", count - 1)
}

fn expect_limits(name: &str, scenario: &Requests, jumps: u32) {
    let Requests { steps, traps, .. } = scenario;
    let name = format_args!("filter: {name}, {steps} steps each, {jumps} jumps of time, {traps} traps");
    expect_right(name, &world(scenario, jumps));
}

fn two_rules() -> Vec<(Rc<Plan>, Vec<Bound>)> {
    let rules = [Bound::Bucket { burst: 3, tokens: 1 }, Bound::Bucket { burst: 2, tokens: 1 }];
    vec![configuration(concat!(bucket!("a", 3), ",", bucket!("b", 2)), &rules)]
}

#[test]
fn two_rules_charge_a_request_together_or_not_at_all() {
    let steps = if is_long() { 4 } else { 3 };
    let scenario = Requests { jumps: &[INTERVAL], ..Requests::of(two_rules(), steps) };
    expect_limits("two rules", &scenario, 0);
    expect_limits("two rules", &scenario, 1);
    let rules = [Bound::Bucket { burst: 3, tokens: 1 }, Bound::Bucket { burst: 2, tokens: 1 }];
    let leased = concat!(bucket!("a", 3, r#""lease": 2"#), ",", bucket!("b", 2));
    let scenario = Requests {
        jumps: &[INTERVAL],
        is_exact: false,
        ..Requests::of(vec![configuration(leased, &rules)], steps)
    };
    expect_limits("two rules, one with leases", &scenario, 1);
}

const AT_ONCE: [&str; 2] =
    [r#"{"name": "c", "key": [], "concurrency": 1}"#, r#"{"name": "c", "key": [], "concurrency": 2}"#];

#[test]
fn a_request_in_flight_counts_until_it_ends_and_takes_its_token() {
    let rules = [Bound::Bucket { burst: 2, tokens: 1 }, Bound::AtOnce(1)];
    let rules = configuration(&format!("{}, {}", bucket!("a", 2), AT_ONCE[0]), &rules);
    let scenario = Requests::of(vec![rules], if is_long() { 6 } else { 4 });
    expect_limits("a bucket and requests in flight", &scenario, 0);
}

#[test]
fn a_reload_of_the_requests_at_once_keeps_the_limits_of_both() {
    let configurations =
        vec![configuration(AT_ONCE[0], &[Bound::AtOnce(1)]), configuration(AT_ONCE[1], &[Bound::AtOnce(2)])];
    let steps = if is_long() { 4 } else { 3 };
    let (short, long) = ([(0, 1), (1, 0)], [(1, 1), (0, 2)]);
    for (jumps, traps) in if is_long() { long } else { short } {
        let of = Requests::of(configurations.clone(), steps);
        let scenario = Requests { most: 2, traps, jumps: &[GONE_AFTER + SECOND], ..of };
        expect_limits("concurrency 1 becomes 2", &scenario, jumps);
    }
}

#[test]
fn a_worker_that_stalls_neither_keeps_its_requests_nor_ends_those_of_others() {
    let configurations = vec![configuration(AT_ONCE[0], &[Bound::AtOnce(1)])];
    let steps = if is_long() { 4 } else { 3 };
    let scenario = Requests { jumps: &[GONE_AFTER + SECOND], ..Requests::of(configurations, steps) };
    expect_limits("a worker that stalls", &scenario, 1);
}

#[test]
fn responses_charge_no_more_than_what_is_in_flight() {
    let late = bucket!("l", 2, r#""cost": {"response_header": "x-tokens", "default": 3}"#);
    let steps = if is_long() { 6 } else { 4 };
    // With one token, workers race for it while the late bucket has tokens.
    for (burst, bucket) in [(3, bucket!("a", 3)), (1, bucket!("a", 1))] {
        let rules = [Bound::Bucket { burst, tokens: 1 }, Bound::Late { burst: 2, tokens: 3 }];
        let rules = configuration(&format!("{bucket}, {late}"), &rules);
        let scenario = Requests { jumps: &[3 * INTERVAL], ..Requests::of(vec![rules], steps) };
        let name = format!("a bucket of {burst} and charges by the response");
        expect_limits(&name, &scenario, 0);
        expect_limits(&name, &scenario, 1);
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    let at_once = || vec![configuration(AT_ONCE[0], &[Bound::AtOnce(1)])];
    for (without, configurations) in [
        (Without::Refunds, two_rules()),
        (Without::CompareAndSwap, two_rules()),
        (Without::CompareAndSwap, at_once()),
    ] {
        let scenario = Requests { without, ..Requests::of(configurations, 2) };
        let found = explore(format_args!("filter without {without:?}"), &world(&scenario, 0));
        assert!(found.wrong.is_some(), "nothing is wrong without {without:?}");
    }
}
