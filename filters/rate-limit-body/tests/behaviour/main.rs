//! The effects of rate-limit-body: those of rate-limit, and costs in bodies.

extern crate rate_limit_body as rate_limit;

#[path = "../../../rate-limit/tests/behaviour/main.rs"]
mod as_rate_limit;
mod bodies;
