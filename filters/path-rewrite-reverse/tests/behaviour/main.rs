//! Tests what path-rewrite-reverse does in three proxies: to requests, what path-rewrite does, and to responses.

extern crate path_rewrite_reverse as path_rewrite;

#[path = "../../../path-rewrite/tests/behaviour/main.rs"]
mod as_path_rewrite;
mod cookies;
mod locations;
mod untouched;
