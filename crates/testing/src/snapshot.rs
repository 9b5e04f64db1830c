//! Files that tests compare with the current output of the code.

use std::fs;
use std::path::Path;

use proxy_filter_envoy::snapshot::UPDATE;

use crate::diff::diff;

/// Expects a file to contain this text. If the environment variable `UPDATE_SNAPSHOTS` is set, writes it first.
///
/// # Panics
/// The file has another text, or cannot be written.
#[track_caller]
pub fn expect_file(path: &Path, text: &str) {
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is out of date: run this test with {UPDATE}=1, and review the changes. The file (-), the code (+)\n{}",
        path.display(),
        diff(&kept, text)
    );
}
