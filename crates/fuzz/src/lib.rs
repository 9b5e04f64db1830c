//! What several targets share.

pub mod bucket;
pub mod filter;
#[path = "../../cli/src/oci/mod.rs"]
pub mod oci;
pub mod overlay;
pub mod paths;
pub mod proxy_protocol;
pub mod regexes;
pub mod rules;
pub mod run;
pub mod signing;
