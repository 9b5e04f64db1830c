//! Regular expressions: compiled within limits, and what is said of those that are not.

use proxy_filter::config::ConfigError;
use regex::bytes::{Regex, RegexBuilder};

/// Bytes a compiled regex has at most. Matching takes linear time whatever its size.
const REGEX_SIZE_LIMIT: usize = 256 * 1024;

/// Bytes of what matching remembers of a regex at most, on each worker. One that would need more is matched in
/// another way, which takes longer and remembers less.
const REGEX_MEMORY_LIMIT: usize = 1024 * 1024;

/// Up to this size it is found out how big one is that is too big.
const REGEX_SIZE_MEASURED: usize = 64 * 1024 * 1024;

pub(super) fn regex(source: &str) -> Result<Regex, ConfigError> {
    compiled(source, REGEX_SIZE_LIMIT).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => too_big(source),
        other => {
            let message = on_one_line(&other.to_string());
            let cure = match message.contains("not supported") {
                true => "; what would not take linear time does not exist here",
                false if message.contains("Unicode") => "; paths are bytes: name them, as in `[a-z]`",
                false => "",
            };
            ConfigError::new(format_args!("{message}{cure}"))
        }
    })
}

/// What is wrong, and where, of a message that shows the regex on a line, a mark below it and the reason on the
/// last. A regex of several lines has no single mark.
fn on_one_line(message: &str) -> String {
    let Some((shown, reason)) = message.rsplit_once("\nerror: ") else { return message.into() };
    let mark =
        shown.rsplit_once('\n').map(|(_, mark)| mark).filter(|mark| mark.trim_start().starts_with('^'));
    // Each line is indented by four spaces.
    let column = mark.and_then(|mark| mark.find('^')).and_then(|column| column.checked_sub(4));
    match column {
        Some(column) => format!("{reason}, at character {column}"),
        None => reason.into(),
    }
}

fn compiled(source: &str, size_limit: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(size_limit).dfa_size_limit(REGEX_MEMORY_LIMIT).build()
}

/// How big it is, within a factor of two, is found by trying.
fn too_big(source: &str) -> ConfigError {
    let sizes = std::iter::successors(Some(REGEX_SIZE_LIMIT), |size| size.checked_mul(2));
    let too_small = |size: &usize| *size < REGEX_SIZE_MEASURED && compiled(source, *size).is_err();
    let size = sizes.take_while(too_small).last().unwrap_or(REGEX_SIZE_LIMIT);
    let kib = |bytes: usize| bytes / 1024;
    let (limit, size, twice) = (kib(REGEX_SIZE_LIMIT), kib(size), kib(size.saturating_mul(2)));
    ConfigError::new(format_args!(
        "compiles to {size} to {twice} KiB, and {limit} KiB is the limit: use smaller counts in `{{n,m}}`, or split the rule"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_one_short_line() {
        for (source, expected) in [
            ("a(".to_owned(), "unclosed group, at character 1"),
            ("é(".into(), "unclosed group, at character 1"),
            ("a{2,1}".into(), "invalid repetition count range, the start must be <= the end, at character 1"),
            ("a\n(".into(), "unclosed group"),
            (format!("{}(", "a".repeat(10_000)), "unclosed group, at character 10000"),
        ] {
            let message = regex(&source).unwrap_err().to_string();
            assert_eq!(message, expected);
        }
    }
}
