//! Names of filters.

use anyhow::{Result, ensure};

/// Types that a filter imports, whose names it cannot have.
const TAKEN_TYPES: [&str; 13] = [
    "ConfigError",
    "HeaderName",
    "HeaderValue",
    "HostError",
    "HttpFilter",
    "OnDownstreamData",
    "OnRequest",
    "OnRequestHeaders",
    "OnResponseHeaders",
    "RequestHeaders",
    "ResponseHeaders",
    "TcpFilter",
    "TcpFlow",
];

pub(super) fn check(name: &str) -> Result<()> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    // A single word is likely to be another package's name, or a keyword of Rust.
    ensure!(
        name.contains('-') && name.split('-').all(is_word),
        "`{name}` cannot name a filter: use two or more lower-case words with hyphens between them, such as `my-filter`"
    );
    let type_name = type_name(name);
    ensure!(
        !TAKEN_TYPES.contains(&type_name.as_str()) && !name.starts_with("proxy-"),
        "`{name}` cannot name a filter: its type `{type_name}` would collide with one of proxy-filter; choose another name"
    );
    Ok(())
}

/// Returns the name of a filter's type, such as `MyFilter`.
pub(super) fn type_name(name: &str) -> String {
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(capitalized).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a-b", "my-filter", "http2-only"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "a-", "My-filter", "my_filter", "2fast", "a--b", "../a", "ä", "xtask", "type"]
            .into_iter()
            .chain(["header-name", "http-filter", "proxy-model"])
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(type_name("a-b1"), "AB1");
    }
}
