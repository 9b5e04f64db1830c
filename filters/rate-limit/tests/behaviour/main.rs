//! Tests which requests rate-limit allows, in three proxies.

mod concurrency;
mod conditions;
mod counting;
mod keys;
mod late;
mod leases;
mod path_classes;
mod replies;
mod service;
pub(crate) mod statuses;
mod tables;
mod tiers;
