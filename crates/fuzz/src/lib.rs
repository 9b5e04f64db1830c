//! What several targets share.

pub mod bucket;
pub mod overlay;
pub mod paths;
pub mod proxy_protocol;
pub mod regexes;
pub mod rules;
pub mod run;
