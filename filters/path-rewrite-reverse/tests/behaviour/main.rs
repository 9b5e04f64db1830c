//! Tests what path-rewrite-reverse does in three proxies: to requests, what path-rewrite does, and to responses.

extern crate path_rewrite_reverse as path_rewrite;

#[path = "../../../path-rewrite/tests/behaviour/case_insensitive.rs"]
mod case_insensitive;
#[path = "../../../path-rewrite/tests/behaviour/conditions.rs"]
mod conditions;
mod cookies;
#[path = "../../../path-rewrite/tests/behaviour/forwarded.rs"]
mod forwarded;
#[path = "../../../path-rewrite/tests/behaviour/hosts.rs"]
mod hosts;
mod locations;
#[path = "../../../path-rewrite/tests/behaviour/matching.rs"]
mod matching;
#[path = "../../../path-rewrite/tests/behaviour/original_path.rs"]
mod original_path;
#[path = "../../../path-rewrite/tests/behaviour/queries.rs"]
mod queries;
#[path = "../../../path-rewrite/tests/behaviour/redirects.rs"]
mod redirects;
#[path = "../../../path-rewrite/tests/behaviour/unsafe_results.rs"]
mod unsafe_results;
mod untouched;
#[path = "../../../path-rewrite/tests/behaviour/values.rs"]
mod values;
