//! What the registration macros export for this tool.

/// Compiles a configuration and keeps it.
pub(crate) const SPECIALIZE: &str = "proxy_filter_specialize";

/// Only reads configurations.
pub(crate) const PLAN: &str = "proxy_filter_plan";

/// Overwrites free memory with zeros.
pub(crate) const SCRUB: &str = "proxy_filter_scrub";
