//! What target `exchange` sends through filters, and what they may change of it.

mod check;
mod loaded;
pub mod words;

pub use check::check_headers;
pub use loaded::{Configuration, Loaded, configurations};
