//! Classes of paths: paths that count as one.

/// Paths that count as one.
#[derive(Debug, Hash)]
pub(crate) enum PathClass {
    /// Paths with the same segments, but for those in braces, which are any segment that is not empty.
    Template(String),
    /// Paths that begin with these segments. Does not end in a slash.
    Prefix(String),
}

impl PathClass {
    /// What the user wrote, which identifies the class.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Template(text) => text,
            // The prefix of all paths.
            Self::Prefix(text) if text.is_empty() => "/",
            Self::Prefix(text) => text,
        }
    }

    /// Returns whether a resolved path belongs to the class.
    pub(super) fn contains(&self, path: &[u8]) -> bool {
        match self {
            Self::Template(template) => {
                let mut segments = path.split(|byte| *byte == b'/');
                let all_match = template.split('/').all(|expected| match segments.next() {
                    Some(segment) if expected.starts_with('{') => !segment.is_empty(),
                    segment => segment == Some(expected.as_bytes()),
                });
                all_match && segments.next().is_none()
            }
            Self::Prefix(prefix) => {
                let rest = path.strip_prefix(prefix.as_bytes());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let (template, prefix) =
            (|text: &str| PathClass::Template(text.into()), |text: &str| PathClass::Prefix(text.into()));
        for (class, path, expected) in [
            (template("/users/{id}"), "/users/1", true),
            (template("/users/{id}"), "/users/", false),
            (template("/users/{id}"), "/users", false),
            (template("/users/{id}"), "/users/1/", false),
            (template("/users/{id}"), "/users/1/2", false),
            (template("/users/{id}"), "/Users/1", false),
            (template("/users/{id}"), "x/users/1", false),
            (template("/{a}/b/{c}"), "/1/b/2", true),
            (template("/{a}/b/{c}"), "/1/c/2", false),
            (template("/users/"), "/users/", true),
            (template("/users/"), "/users", false),
            (template("/"), "/", true),
            (template("/"), "", false),
            (template("/*"), "*", false),
            (prefix("/api"), "/api", true),
            (prefix("/api"), "/api/", true),
            (prefix("/api"), "/api/x", true),
            (prefix("/api"), "/apix", false),
            (prefix("/api"), "/x/api", false),
            (prefix(""), "/x", true),
            (prefix(""), "*", false),
        ] {
            assert_eq!(class.contains(path.as_bytes()), expected, "{class:?} {path}");
        }
    }
}
