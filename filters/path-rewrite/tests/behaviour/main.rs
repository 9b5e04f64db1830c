//! Tests path-rewrite's effects on requests, in three proxies.

mod conditions;
mod linear;
mod matching;
mod original_path;
mod queries;
mod redirects;
mod unsafe_results;
