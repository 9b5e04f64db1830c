//! What several targets share.

pub mod bucket;
pub mod configurations;
pub mod filters;
pub mod headers;
pub mod mutation;
pub mod overlay;
pub mod paths;
pub mod proxy_protocol;
pub mod regexes;
pub mod rules;
pub mod run;
pub mod script;
pub mod structs;
