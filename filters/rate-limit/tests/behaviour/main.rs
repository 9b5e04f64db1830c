//! Tests which requests rate-limit allows, in three proxies.

mod conditions;
mod counting;
mod keys;
mod late;
mod leases;
mod replies;
mod service;
mod statuses;
mod tables;
