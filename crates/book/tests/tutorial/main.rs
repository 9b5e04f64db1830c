//! The first filter, the tutorial's steps, and the filter that shows more, in three proxies. The steps' test files are shown
//! as a reader's, whose filter is always the crate `auth_gate`: here each file has its own.
#![allow(unreachable_pub, reason = "the examples are crates of their own elsewhere")]

mod ask_service;
mod copy_header;
mod count_denials;
mod finished;
mod first_filter;
mod more;
