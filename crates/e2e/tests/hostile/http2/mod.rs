//! What only HTTP/2 can say: frames, settings, windows, and compressed headers.

mod compressed;
mod connections;
mod data;
mod first;
mod pseudo;
mod streams;

use std::time::Duration;

use harness::h2::PREFACE;

use crate::exchange::Expected::Served;
use crate::kind::Kind;
use first::then_get;

/// Returns all of them.
pub(crate) fn all() -> Vec<Kind> {
    let lists = [connections::all(), streams::all(), data::all(), compressed::all(), pseudo::all(), slow()];
    lists.concat()
}

/// Small parts. The first is the preface, by which Envoy knows the protocol.
fn slow() -> Vec<Kind> {
    vec![then_get("slow frames", "", Served).slowly(PREFACE.len(), Duration::from_millis(1))]
}
