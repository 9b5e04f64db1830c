//! Files that tests compare with the current output of the code.

/// If this environment variable is set, tests write the files before they compare.
pub const UPDATE: &str = "UPDATE_SNAPSHOTS";
