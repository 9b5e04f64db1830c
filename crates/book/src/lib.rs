//! The book in `docs/`: its pages, and the parts of them that tests write.
//!
//! The book shows code from this crate's examples and tests, and its cookbook shows the files of `cookbook/`, so that it cannot
//! differ from what is compiled and tested.
#![cfg(not(target_arch = "wasm32"))]

mod coming_from;
pub mod cookbook;
mod pages;
mod written;

pub use coming_from::{Pair, Product, Run, coming_from, products};
pub use pages::{Page, between, commands, directory, pages, summary};
pub use written::{expect_seen, expect_written};
