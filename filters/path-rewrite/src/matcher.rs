//! What a rule matches, and what it makes of a path.

use proxy_filter::target::has_dots;

use crate::budget::{Budget, Search};
use crate::replacement::{Occurrences, Replacement};
use crate::safety::{self, Unsafe};

/// The matching half of a rule, with what takes the place of the match; without that the path stays.
#[derive(Debug)]
pub(crate) enum Matcher {
    Regex {
        search: Search,
        replacement: Option<Replacement>,
        occurrences: Occurrences,
        /// Whether the groups are names of a template.
        is_template: bool,
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
    /// Whether a path begins as those do that match.
    pub(crate) fn could_match(&self, path: &[u8]) -> bool {
        match self {
            Self::Regex { search, .. } => search.could_match(path),
            Self::Prefix { prefix, .. } => path.starts_with(prefix),
            Self::Exact { path: expected, .. } => path == expected,
        }
    }

    /// The new path, `None` if the rule does not match. May carry a query of its own.
    ///
    /// # Errors
    /// The rule matches, but its result is too large to be made, or leads out of where the rule puts what a client
    /// wrote; or the path is too long for it to look at.
    pub(crate) fn apply(&self, path: &[u8], budget: &Budget) -> Option<Result<Vec<u8>, Unsafe>> {
        match self.takes_dots(path, budget) {
            Ok(false) => {}
            Ok(true) => return Some(Err(Unsafe::DotName)),
            Err(reason) => return Some(Err(reason)),
        }
        match self {
            Self::Regex { search, .. } if !search.could_match(path) => None,
            Self::Regex { .. } if path.len() > safety::LIMIT => Some(Err(Unsafe::TooLong(path.len()))),
            Self::Regex { search, replacement: Some(replacement), occurrences, .. } => {
                replacement.replace(search, budget, path, *occurrences).map(|made| made.and_then(inside))
            }
            Self::Regex { search, replacement: None, .. } => match search.matches(budget, path) {
                Ok(matches) => matches.then(|| Ok(path.to_vec())),
                Err(reason) => Some(Err(reason)),
            },
            Self::Prefix { prefix, replacement } => {
                let rest = path.strip_prefix(prefix.as_slice())?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let Some((segments, query)) = replacement else { return Some(Ok(path.to_vec())) };
                let root = if segments.is_empty() && rest.is_empty() { b"/".as_slice() } else { b"" };
                Some(inside((segments.len(), [segments, rest, root, query].concat())))
            }
            Self::Exact { path: expected, replacement } => {
                (path == expected).then(|| Ok(replacement.as_deref().unwrap_or(path).to_vec()))
            }
        }
    }

    /// Whether it is a template that matches, and a name of it takes what a server could read as `.` or `..`.
    fn takes_dots(&self, path: &[u8], budget: &Budget) -> Result<bool, Unsafe> {
        let Self::Regex { search, is_template: true, .. } = self else { return Ok(false) };
        if path.len() > safety::LIMIT || !search.could_match(path) || !has_dots(path) {
            return Ok(false);
        }
        search.afford(budget, path.len())?;
        search.charge(budget, path.len(), None);
        let names = search.regex.captures(path);
        Ok(names.is_some_and(|names| names.iter().skip(1).flatten().any(|name| has_dots(name.as_bytes()))))
    }
}

/// The path, if what a client put into it, which begins there, stays inside.
fn inside((own, path): (usize, Vec<u8>)) -> Result<Vec<u8>, Unsafe> {
    match safety::leads_out(&path, own) {
        true => Err(Unsafe::LeadsOut),
        false => Ok(path),
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
mod explore;

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;

    fn regex(source: &str, replacement: &str) -> Matcher {
        let regex = Regex::new(source).unwrap();
        let replacement = Some(Replacement::parse(replacement, &regex).unwrap());
        Matcher::Regex {
            search: Search::new(regex),
            replacement,
            occurrences: Occurrences::All,
            is_template: false,
        }
    }

    #[test]
    fn what_leads_out() {
        let prefix = |replacement: &str| Matcher::Prefix {
            prefix: b"/public".to_vec(),
            replacement: Some((replacement.into(), b"?v=1".to_vec())),
        };
        let files = prefix("/internal/files");
        let root = prefix("");
        let group = regex("^/x/(.*)$", "/y/$1");
        let glued = regex("^/x(.*)$", "/y$1");
        let literal = regex("^/x", "/y");
        let inner = regex("b", "c");
        let in_query = regex("^/x/(.*)$", "/y/z?q=$1");
        for (matcher, path, leads_out) in [
            (&files, "/public/a", false),
            (&files, "/public", false),
            (&files, "/public/a/../b", false),
            (&files, "/public/./a/..", false),
            (&files, "/public/..a/...", false),
            (&files, "/public/%252e%252e/a", false),
            (&files, "/public/../secret", true),
            (&files, "/public/..", true),
            (&files, "/public/../files/a", true),
            (&files, "/public/%2e%2e/secret", true),
            (&files, "/public/..;a/secret", true),
            (&files, "/public/..%00/secret", true),
            (&files, "/public/..%3bx/secret", true),
            (&files, "/public/..%2fsecret", true),
            (&files, "/public/..\\secret", true),
            (&files, "/public/..%5csecret", true),
            (&files, "/public/a%2f..%2f..%2fsecret", true),
            (&files, "/public/a%2fb/../../secret", true),
            (&files, "/public//../../secret", true),
            (&files, "/public/a//../../secret", true),
            (&files, "/public/;a/../secret", true),
            (&root, "/public/../a", false),
            (&group, "/x/a/../b", false),
            (&group, "/x/../a", true),
            (&group, "/x/..%2fa", true),
            (&glued, "/x../a", false),
            (&glued, "/x/../a", true),
            (&glued, "/x%2f../a", true),
            (&glued, "/xa/../../b", false),
            (&literal, "/x/../a", true),
            (&inner, "/a/b/../d", true),
            (&inner, "/../b/../../d", true),
            (&inner, "/../b", false),
            (&in_query, "/x/../../a", false),
        ] {
            let result = matcher.apply(path.as_bytes(), &Budget::default()).unwrap();
            assert_eq!(result == Err(Unsafe::LeadsOut), leads_out, "{matcher:?} {path}: {result:?}");
        }
    }

    #[test]
    fn names_take_no_dots() {
        let regex = Regex::new(&template_to_regex("/{a}/t/{b}").unwrap()).unwrap();
        for replacement in [None, Some(Replacement::parse_template("/{b}", &regex).unwrap())] {
            let matcher = Matcher::Regex {
                search: Search::new(regex.clone()),
                replacement,
                occurrences: Occurrences::All,
                is_template: true,
            };
            for (path, expected) in [
                ("/a/t/b", None),
                ("/a/t/..b", None),
                ("/../u/b", None),
                ("/../t/b", Some(Unsafe::DotName)),
                ("/a/t/%2E%2e", Some(Unsafe::DotName)),
                ("/a/t/.;x", Some(Unsafe::DotName)),
                ("/a/t/a%2f..", Some(Unsafe::DotName)),
                ("/a/t/..\\b", Some(Unsafe::DotName)),
                ("/a/t/..%00", Some(Unsafe::DotName)),
            ] {
                let result = matcher.apply(path.as_bytes(), &Budget::default()).and_then(Result::err);
                assert_eq!(result, expected, "{path}");
            }
        }
    }

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
