//! Tests of paths that a filter brings along.

use std::fmt;
use std::rc::Rc;

/// A test of a path, without its query, such as a regular expression compiled.
///
/// ```
/// use proxy_filter::matching::PathPattern;
///
/// let short = PathPattern::new(|path| Some(path.len() < 8));
/// assert_eq!(short.holds(b"/a"), Some(true));
/// ```
#[derive(Clone)]
pub struct PathPattern(Rc<PathTest>);

type PathTest = dyn Fn(&[u8]) -> Option<bool>;

impl PathPattern {
    /// `None` of `test` says that it is unknown whether it holds.
    ///
    /// ```
    /// # use proxy_filter::matching::PathPattern;
    /// let unknown = PathPattern::new(|_| None);
    /// assert_eq!(unknown.holds(b"/a"), None);
    /// ```
    pub fn new(test: impl Fn(&[u8]) -> Option<bool> + 'static) -> Self {
        Self(Rc::new(test))
    }

    /// Whether a path passes, if that is known.
    ///
    /// ```
    /// # use proxy_filter::matching::PathPattern;
    /// assert_eq!(PathPattern::new(|path| Some(path == b"/a")).holds(b"/b"), Some(false));
    /// ```
    pub fn holds(&self, path: &[u8]) -> Option<bool> {
        (self.0)(path)
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathPattern")
    }
}

/// One is like another if it is the same.
impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for PathPattern {}
