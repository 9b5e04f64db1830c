//! The layer through its examples, each in three proxies, and natively where only a test can go.
#![allow(unreachable_pub, reason = "the examples are crates of their own elsewhere")]

mod attributes;
mod bodies;
mod calls_that_fail;
mod edits;
mod records;
mod services;
mod tcp;
mod waiting;
