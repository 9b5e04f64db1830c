//! The filters' metrics: what the READMEs list, and what an Envoy shows.

pub mod readme;
pub mod scrape;
