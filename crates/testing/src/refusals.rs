//! What filters say of wrong configurations, kept in a file to be read.

use std::fmt::Display;
use std::path::Path;

use insta::Settings;

/// Expects every one of these configurations to be refused with the message that `wrong-configurations.snap`
/// has beside it, in a crate's folder.
///
/// # Panics
/// One is accepted, or says something else.
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
            let shown = if configuration.is_empty() { "(nothing)" } else { configuration };
            format!("{}\n    {message}\n", shown.replace(char::is_control, "\u{fffd}"))
        }
    });
    let mut settings = Settings::new();
    settings.set_snapshot_path(Path::new(manifest_directory));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
        .set_description("Every configuration, and what is said of it. `just snapshots` writes this file.");
    settings
        .bind(|| insta::assert_snapshot!("wrong-configurations", refusals.collect::<Vec<_>>().join("\n")));
}
