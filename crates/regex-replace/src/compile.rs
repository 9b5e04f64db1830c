//! Regular expressions, compiled within limits.

use proxy_filter::config::Invalid;
use regex::bytes::{Regex, RegexBuilder};

/// The most bytes of a compiled regex. Matching takes linear time for any size.
const REGEX_SIZE_LIMIT: usize = 256 * 1024;

/// The most bytes that a worker caches to match one regex. A regex that needs more is matched without a cache, which
/// takes longer.
const REGEX_MEMORY_LIMIT: usize = 1024 * 1024;

/// Up to this size, the error for a regex that is too big includes its size.
const REGEX_SIZE_MEASURED: usize = 64 * 1024 * 1024;

/// Compiles a regular expression over bytes.
///
/// # Errors
/// The regex is invalid, or more than 256 KiB once compiled. The error says how to fix it.
pub fn compile(source: &str) -> Result<Regex, Invalid> {
    within(source, REGEX_SIZE_LIMIT).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => too_big(source),
        other => {
            let message = on_one_line(&other.to_string());
            let fix = match message.contains("not supported") {
                true => "; regexes here match in linear time, without look-around and backreferences",
                false if message.contains("Unicode") => {
                    "; regexes here match bytes: use a class such as `[a-z]`"
                }
                false => "",
            };
            Invalid::new(format_args!("{message}{fix}"))
        }
    })
}

/// Shortens an error to its reason and position. The error has the regex on one line, a mark below it, and the reason
/// on the last line. A regex of several lines has no single mark.
fn on_one_line(message: &str) -> String {
    let Some((shown, reason)) = message.rsplit_once("\nerror: ") else { return message.into() };
    let is_mark = |line: &&str| line.bytes().find(|byte| *byte != b' ') == Some(b'^');
    let mark = shown.rsplit_once('\n').map(|(_, line)| line).filter(is_mark);
    // Each line is indented by four spaces.
    let column = mark.and_then(|mark| mark.find('^')).and_then(|column| column.checked_sub(4));
    match column {
        Some(column) => format!("{reason}, at character {column}"),
        None => reason.into(),
    }
}

fn within(source: &str, size_limit: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(size_limit).dfa_size_limit(REGEX_MEMORY_LIMIT).build()
}

/// Finds the size, within a factor of two, by compiling with larger and larger limits.
fn too_big(source: &str) -> Invalid {
    let sizes = std::iter::successors(Some(REGEX_SIZE_LIMIT), |size| size.checked_mul(2));
    let too_small = |size: &usize| *size < REGEX_SIZE_MEASURED && within(source, *size).is_err();
    let size = sizes.take_while(too_small).last().unwrap_or(REGEX_SIZE_LIMIT);
    let kib = |bytes: usize| bytes / 1024;
    let (limit, size, twice) = (kib(REGEX_SIZE_LIMIT), kib(size), kib(size.saturating_mul(2)));
    Invalid::new(format_args!(
        "compiles to {size} to {twice} KiB; the limit is {limit} KiB: use smaller counts in `{{n,m}}`, or split the rule"
    ))
}

#[cfg(test)]
mod tests {
    use proxy_filter::config::ConfigError;

    use super::*;

    #[test]
    fn errors_are_one_short_line() {
        for (source, expected) in [
            ("a(".to_owned(), "unclosed group, at character 1"),
            ("é(".into(), "unclosed group, at character 1"),
            ("a{2,1}".into(), "invalid repetition count range, the start must be <= the end, at character 1"),
            ("a\n(".into(), "unclosed group"),
            (format!("{}(", "a".repeat(10_000)), "unclosed group, at character 10000"),
        ] {
            let message = ConfigError::from(compile(&source).unwrap_err()).to_string();
            assert_eq!(message, expected);
        }
    }
}
