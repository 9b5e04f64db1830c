//! The bridge between a page and the model: a module that runs the model, and with it the filters that the page loads.
//!
//! The page instantiates this module and calls `run` (`exports`) with a trial as JSON. For each VM of the model the page
//! instantiates the filter's module (`guest`). The filter's imports are exports of this module (`imports`), named
//! `<module>.<import>`, so that the browser calls them directly. They read and write the filter's memory through
//! functions of the page.
//!
//! ```text
//! page ── run ─▶ model ── guest_call ─▶ page ── export ─▶ filter ── import ─▶ model ── guest_read ─▶ page
//! ```
#![cfg(target_arch = "wasm32")]

mod exports;
mod guest;
mod imports;
mod page;
