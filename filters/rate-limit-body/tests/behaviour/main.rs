//! The effects of rate-limit-body: those of rate-limit, and costs in bodies.

extern crate rate_limit_body as rate_limit;

mod bodies;
#[path = "../../../rate-limit/tests/behaviour/concurrency.rs"]
mod concurrency;
#[path = "../../../rate-limit/tests/behaviour/conditions.rs"]
mod conditions;
#[path = "../../../rate-limit/tests/behaviour/counting.rs"]
mod counting;
#[path = "../../../rate-limit/tests/behaviour/keys.rs"]
mod keys;
#[path = "../../../rate-limit/tests/behaviour/late.rs"]
mod late;
#[path = "../../../rate-limit/tests/behaviour/leases.rs"]
mod leases;
#[path = "../../../rate-limit/tests/behaviour/path_classes.rs"]
mod path_classes;
#[path = "../../../rate-limit/tests/behaviour/replies.rs"]
mod replies;
#[path = "../../../rate-limit/tests/behaviour/service.rs"]
mod service;
#[path = "../../../rate-limit/tests/behaviour/statuses.rs"]
mod statuses;
#[path = "../../../rate-limit/tests/behaviour/tables.rs"]
mod tables;
#[path = "../../../rate-limit/tests/behaviour/tiers.rs"]
mod tiers;
