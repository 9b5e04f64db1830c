//! The layer through its examples, each in three proxies.
#![allow(unreachable_pub, reason = "the examples are crates of their own elsewhere")]

mod attributes;
mod bodies;
mod books;
mod services;
mod tcp;
