//! The cure for configurations that need the module add-header-edit.

use proxy_filter::config::ConfigError;

/// What errors say about the action and its fields, any of which may come first.
const REFUSALS: [&str; 5] = [
    "unknown variant `edit`",
    "unknown field `regex`",
    "unknown field `replace`",
    "unknown field `occurrences`",
    "unknown field `drop_empty`",
];

/// Names the other module in the error of a rule that needs it.
pub(super) fn with_cure(error: ConfigError) -> ConfigError {
    let text = error.to_string();
    let says = |refusal: &&str| text.as_bytes().windows(refusal.len()).any(|part| part == refusal.as_bytes());
    match REFUSALS.iter().any(says) {
        true => ConfigError::new(format_args!(
            "{text}; this module does not edit values: use the module `add-header-edit`, which takes the same configuration"
        )),
        false => error,
    }
}
