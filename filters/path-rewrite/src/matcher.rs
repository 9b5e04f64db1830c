//! What a rule matches, and what it makes of a path.

use regex::bytes::Regex;

use crate::replacement::{Occurrences, Replacement};
use crate::safety::{self, Unsafe};

/// The matching half of a rule, with what takes the place of the match; without that the path stays.
#[derive(Debug)]
pub(crate) enum Matcher {
    Regex {
        regex: Regex,
        replacement: Option<Replacement>,
        occurrences: Occurrences,
    },
    /// The path's first segments. Neither ends in a slash.
    Prefix {
        prefix: Vec<u8>,
        /// Segments, and a query with its question mark.
        replacement: Option<(Vec<u8>, Vec<u8>)>,
    },
    Exact {
        path: Vec<u8>,
        replacement: Option<Vec<u8>>,
    },
}

impl Matcher {
    /// The new path, `None` if the rule does not match. May carry a query of its own.
    ///
    /// # Errors
    /// The rule matches, but its result is too large to be made; or the path is too long for it to look at.
    pub(crate) fn apply(&self, path: &[u8]) -> Option<Result<Vec<u8>, Unsafe>> {
        match self {
            Self::Regex { .. } if path.len() > safety::LIMIT => Some(Err(Unsafe::TooLong(path.len()))),
            Self::Regex { regex, replacement: Some(replacement), occurrences } => {
                replacement.replace(regex, path, *occurrences)
            }
            Self::Regex { regex, replacement: None, .. } => regex.is_match(path).then(|| Ok(path.to_vec())),
            Self::Prefix { prefix, replacement } => {
                let rest = path.strip_prefix(prefix.as_slice())?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let Some((segments, query)) = replacement else { return Some(Ok(path.to_vec())) };
                let root = if segments.is_empty() && rest.is_empty() { b"/".as_slice() } else { b"" };
                Some(Ok([segments, rest, root, query].concat()))
            }
            Self::Exact { path: expected, replacement } => {
                (path == expected).then(|| Ok(replacement.as_deref().unwrap_or(path).to_vec()))
            }
        }
    }
}

/// A template such as `/users/{id}` as a regular expression: each name is one segment that is not empty.
///
/// # Errors
/// What is wrong with the template.
pub(crate) fn template_to_regex(template: &str) -> Result<String, String> {
    let mut regex = String::from("^");
    let mut names: Vec<&str> = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if text.contains('}') {
            return Err(format!("`{text}` has a brace that nothing opens"));
        }
        if !text.ends_with('/') {
            return Err(format!("`{{{after}` is not a whole segment: write it between slashes"));
        }
        let (name, after) =
            after.split_once('}').ok_or_else(|| format!("`{{{after}` has no closing brace"))?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(format!("`{{{name}}}` is not a name: use letters, digits and `_`"));
        }
        if names.contains(&name) {
            return Err(format!("`{{{name}}}` stands there twice: give each segment a name of its own"));
        }
        if !after.is_empty() && !after.starts_with('/') {
            return Err(format!("`{{{name}}}` is not a whole segment: write it between slashes"));
        }
        names.push(name);
        regex += &format!("{}(?P<{name}>[^/]+)", regex::escape(text));
        rest = after;
    }
    if let Some(brace) = rest.find('}') {
        return Err(format!("`{}` has a brace that nothing opens", rest.get(..=brace).unwrap_or(rest)));
    }
    Ok(regex + &regex::escape(rest) + "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let regex = Regex::new(&template_to_regex("/users/{id}/p.sts/{post}").unwrap()).unwrap();
        for (path, matches) in [
            ("/users/7/p.sts/a-b", true),
            ("/users/7/posts/a", false),
            ("/users//p.sts/a", false),
            ("/users/7/p.sts/", false),
            ("/users/7/p.sts/a/", false),
            ("/x/users/7/p.sts/a", false),
            ("/users/7/8/p.sts/a", false),
        ] {
            assert_eq!(regex.is_match(path.as_bytes()), matches, "{path}");
        }
        for (template, expected) in [
            ("/a/{", "`{` has no closing brace"),
            ("/a/{b c}", "`{b c}` is not a name"),
            ("/a/{}", "`{}` is not a name"),
            ("/a{b}", "`{b}` is not a whole segment"),
            ("/{a}b", "`{a}` is not a whole segment"),
            ("/{a}/{a}", "`{a}` stands there twice: give each segment a name of its own"),
            ("/a}/{b}", "`/a}/` has a brace that nothing opens"),
            ("/a}", "`/a}` has a brace that nothing opens"),
        ] {
            let error = template_to_regex(template).unwrap_err();
            assert!(error.starts_with(expected), "{template}: {error}");
        }
    }
}
