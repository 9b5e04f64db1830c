//! The files of `deploy/`, which people copy.

pub mod file;
pub mod pinned;
