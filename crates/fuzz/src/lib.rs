//! What several fuzz targets need.

pub mod configurations;
pub mod filters;
pub mod headers;
pub mod mutation;
pub mod script;
pub mod structs;
