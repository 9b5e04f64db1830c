//! Classes of paths: paths that count as one.

use proxy_filter::config::ConfigError;
use proxy_filter::target::has_dots;

/// Paths that count as one.
#[derive(Debug, Hash)]
pub(crate) struct PathClass {
    /// The segments of a path. Those in braces are any segment that is not empty.
    text: String,
    /// Whether more segments may follow.
    is_prefix: bool,
}

impl PathClass {
    /// The class of paths with these segments, or which begin with them.
    ///
    /// # Errors
    /// No path has such segments.
    #[inline(never)]
    pub(crate) fn new(text: String, is_prefix: bool) -> Result<Self, ConfigError> {
        let is_brace = |byte: &u8| matches!(byte, b'{' | b'}');
        let is_wrong = |segment: &[u8]| segment.iter().any(is_brace) && !is_variable(segment);
        let wrong = match () {
            () if !text.starts_with('/') => "does not begin with a slash, as every path does",
            () if text.as_bytes().contains(&b'?') => {
                "has a query, which is not counted: remove `?` and what follows"
            }
            () if has_dots(text.as_bytes()) => {
                "has a `.` or `..`, which no path has once it is resolved: remove it"
            }
            () if segments(text.as_bytes()).any(is_wrong) => {
                "has a brace outside of a variable, which is a whole segment, such as `{id}`"
            }
            () => return Ok(Self { text, is_prefix }),
        };
        Err(ConfigError::new(format_args!("`{text}` {wrong}")))
    }

    /// What the user wrote, which identifies the class.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether a resolved path belongs to the class.
    pub(super) fn contains(&self, path: &[u8]) -> bool {
        let text = self.text.as_bytes();
        let text = if self.is_prefix { text.strip_suffix(b"/").unwrap_or(text) } else { text };
        let mut rest = segments(path);
        let begins = segments(text).all(|expected| match rest.next() {
            Some(segment) if expected.starts_with(b"{") => !segment.is_empty(),
            segment => segment == Some(expected),
        });
        begins && (self.is_prefix || rest.next().is_none())
    }
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

fn is_variable(segment: &[u8]) -> bool {
    match segment {
        [b'{', name @ .., b'}'] => {
            !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (text, is_prefix, path, expected) in [
            ("/users/{id}", false, "/users/1", true),
            ("/users/{id}", false, "/users/", false),
            ("/users/{id}", false, "/users", false),
            ("/users/{id}", false, "/users/1/", false),
            ("/users/{id}", false, "/users/1/2", false),
            ("/users/{id}", false, "/Users/1", false),
            ("/users/{id}", false, "x/users/1", false),
            ("/{a}/b/{c}", false, "/1/b/2", true),
            ("/{a}/b/{c}", false, "/1/c/2", false),
            ("/users/", false, "/users/", true),
            ("/users/", false, "/users", false),
            ("/", false, "/", true),
            ("/", false, "", false),
            ("/", false, "*", false),
            ("/api", true, "/api", true),
            ("/api", true, "/api/", true),
            ("/api", true, "/api/x", true),
            ("/api", true, "/apix", false),
            ("/api", true, "/x/api", false),
            ("/api/", true, "/api", true),
            ("/users/{id}", true, "/users/1/posts", true),
            ("/users/{id}", true, "/users//posts", false),
            ("/", true, "/x", true),
            ("/", true, "*", false),
        ] {
            let class = PathClass::new(text.into(), is_prefix).unwrap();
            assert_eq!(class.contains(path.as_bytes()), expected, "{class:?} {path}");
        }
    }
}
