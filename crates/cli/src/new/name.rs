//! Names of filters.

use anyhow::{Result, ensure};

/// The types of the prelude, which every filter imports, with names of several words.
const TAKEN_TYPES: [&str; 29] = [
    "CallResponse",
    "CollectedJson",
    "ConfigError",
    "HeaderName",
    "HeaderValue",
    "HostError",
    "HttpFilter",
    "NoTag",
    "OnCallResponse",
    "OnConnectionEnd",
    "OnDownstreamData",
    "OnNewConnection",
    "OnRequest",
    "OnRequestBody",
    "OnRequestHeaders",
    "OnRequestTrailers",
    "OnResponseBody",
    "OnResponseHeaders",
    "OnResponseTrailers",
    "OnStreamEnd",
    "OnUpstreamData",
    "RequestBody",
    "RequestHeaders",
    "RequestTrailers",
    "ResponseBody",
    "ResponseHeaders",
    "ResponseTrailers",
    "TcpFilter",
    "TcpFlow",
];

/// The longest name, in characters: it is also that of files and resources.
const MAX_CHARACTERS: usize = 63;

pub(super) fn check(name: &str) -> Result<()> {
    ensure!(
        name.len() <= MAX_CHARACTERS,
        "`{name}` cannot name a filter: use at most {MAX_CHARACTERS} characters"
    );
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    // A single word is likely to be another package's name, or a keyword of Rust.
    ensure!(
        name.contains('-') && name.split('-').all(is_word),
        "`{name}` cannot name a filter: use two or more lower-case words with hyphens between them, such as `my-filter`"
    );
    ensure!(
        !name.starts_with("proxy-"),
        "`{name}` cannot name a filter: names that start with `proxy-` are reserved for the layer's crates; choose another \
         name"
    );
    let type_name = type_name(name);
    ensure!(
        !TAKEN_TYPES.contains(&type_name.as_str()),
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
    use crate::project::Project;

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

    #[test]
    fn types_of_the_prelude_are_taken() {
        let layer = Project::find().unwrap().root().join("shared/src/lib.rs");
        let layer = std::fs::read_to_string(layer).unwrap();
        let (_, prelude) = layer.split_once("pub mod prelude {").unwrap();
        let (prelude, _) = prelude.split_once("\n}").unwrap();
        let words = prelude.split(|letter: char| !letter.is_ascii_alphanumeric());
        let has_several_words = |name: &&str| {
            name.starts_with(char::is_uppercase) && name.matches(char::is_uppercase).count() > 1
        };
        let types: Vec<_> = words.filter(has_several_words).collect();
        assert!(types.len() > 10, "{types:?}");
        for name in types {
            assert!(TAKEN_TYPES.contains(&name), "add `{name}` to the taken types");
        }
    }
}
