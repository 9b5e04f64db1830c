//! Tests what path-rewrite-reverse does to responses, in three proxies.

mod cookies;
mod locations;
mod untouched;
