//! What several targets share.

pub mod bucket;
pub mod configurations;
pub mod decision;
pub mod exchange;
pub mod filter;
pub mod filters;
pub mod headers;
pub mod mutation;
/// The tool's module, without the tool: its crate needs 38 more packages, which would nearly double the time to compile.
#[path = "../../cli/src/oci/mod.rs"]
pub mod oci;
pub mod overlay;
pub mod paths;
pub mod preamble;
pub mod proxy_protocol;
pub mod regexes;
pub mod rules;
pub mod run;
pub mod script;
pub mod signing;
pub mod structs;
