//! Tests the layer: its examples in three proxies, and natively the cases that no proxy can produce.
#![allow(unreachable_pub, reason = "the examples are crates of their own elsewhere")]

mod asking;
mod attributes;
mod awaiting;
mod bodies;
mod calls_that_fail;
mod costs;
mod edits;
mod json;
mod labels;
mod mirrors;
mod records;
mod registration;
mod services;
mod streams;
mod tcp;
mod waiting;
