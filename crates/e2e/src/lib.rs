//! The walk-throughs that the project replaces, each a promise: shown by `just demo`, tested by
//! `just test`.

pub mod deployed;
pub mod lab;
pub mod story;
pub mod suite;
pub mod walkthroughs;
