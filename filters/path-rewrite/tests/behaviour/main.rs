//! Tests path-rewrite's effects on requests, in three proxies.

mod case_insensitive;
mod conditions;
mod forwarded;
mod hosts;
mod linear;
mod matching;
mod original_path;
mod queries;
mod redirects;
mod unsafe_results;
mod values;
