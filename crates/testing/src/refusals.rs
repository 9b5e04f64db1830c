//! The error messages for wrong configurations, kept in a file for review.

use std::fmt::Display;
use std::path::Path;

use crate::snapshot::expect_file;

const FIRST_LINE: &str =
    "Wrong configurations, and the error message of each. `cargo proxy-filter schema` writes this file.\n\n";

/// The error of a configuration that is not wrong, where there is no host.
const HOST_FAILED: &str = "the host failed during configuration";

/// Expects each of these configurations to be refused with its message in the crate's `wrong-configurations.snap`.
///
/// # Panics
/// A configuration is accepted, or its message differs.
#[track_caller]
pub fn expect_refusals<T, E: Display>(
    manifest_directory: &str,
    configurations: &[&str],
    compile: impl Fn(&[u8]) -> Result<T, E>,
) {
    let refusals = configurations.iter().map(|configuration| match compile(configuration.as_bytes()) {
        Ok(_) => panic!("accepted: {configuration}"),
        Err(error) => {
            let message = error.to_string().replace('\n', "\n    ");
            assert!(
                !message.contains(HOST_FAILED),
                "not refused, but without a host: {configuration}: {message}"
            );
            let shown = if configuration.is_empty() { "(nothing)" } else { configuration };
            format!("{}\n    {message}\n", shown.replace(char::is_control, "\u{fffd}"))
        }
    });
    let text = format!("{FIRST_LINE}{}", refusals.collect::<Vec<_>>().join("\n"));
    expect_file(&Path::new(manifest_directory).join("wrong-configurations.snap"), &text);
}
