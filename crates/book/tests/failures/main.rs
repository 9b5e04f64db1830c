//! What clients get if a filter fails in a real Envoy, or if its module cannot be fetched. The book shows it as tables.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gets it")]

mod deliveries;
mod fetches;
mod plugins;
mod server;
mod traps;

use std::thread;

use book::expect_seen;
use proxy_filter_test::envoy_test;

envoy_test! {
fn the_book_shows_what_failures_do() {
    // At once, because both wait more than they compute.
    let (traps, fetches) = thread::scope(|scope| {
        let (traps, fetches) = (scope.spawn(traps::table), scope.spawn(fetches::table));
        (traps.join().unwrap().unwrap(), fetches.join().unwrap().unwrap())
    });
    expect_seen("deploy-safely.md", &format!("{traps}{fetches}")).unwrap();
}
}
