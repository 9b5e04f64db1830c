//! Classes of paths as JSON.

use proxy_filter::config::{Invalid, Texts};
use proxy_filter::target::has_dots;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which paths count as one. Without fields, each path counts by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Path")]
#[serde(deny_unknown_fields, expecting = "{}, or classes of paths, such as {\"template\": \"/users/{id}\"}")]
pub(crate) struct PathConfig {
    /// Paths of one of these templates count as one. A variable is a whole segment that is not empty: `/users/{id}` is the
    /// class of `/users/1` and `/users/2`. The first template that matches decides.
    #[schemars(example = &"/users/{id}")]
    pub(crate) template: Option<Texts<PathTemplate>>,
    /// Paths that begin with the whole segments of one of these, and match no template, count as one.
    #[schemars(example = &"/api")]
    pub(crate) prefix: Option<Texts<PathPrefix>>,
}

/// A path with variables, each a whole segment.
#[derive(Debug)]
pub(crate) struct PathTemplate(pub(crate) String);

/// A path without a slash at its end.
#[derive(Debug)]
pub(crate) struct PathPrefix(pub(crate) String);

impl TryFrom<String> for PathTemplate {
    type Error = Invalid;

    fn try_from(template: String) -> Result<Self, Invalid> {
        let template = checked(template)?;
        match template.split('/').find(|segment| segment.contains(['{', '}']) && !is_variable(segment)) {
            Some(segment) => Err(Invalid::new(format_args!(
                "`{segment}` is not a variable: write one as a whole segment of letters, digits and `_`, such as \
                 `/users/{{id}}`"
            ))),
            None => Ok(Self(template)),
        }
    }
}

impl TryFrom<String> for PathPrefix {
    type Error = Invalid;

    fn try_from(prefix: String) -> Result<Self, Invalid> {
        let mut prefix = checked(prefix)?;
        prefix.truncate(prefix.trim_end_matches('/').len());
        Ok(Self(prefix))
    }
}

fn is_variable(segment: &str) -> bool {
    let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    name.starts_with(is_first) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Refuses what no resolved path begins with or matches.
#[inline(never)]
fn checked(path: String) -> Result<String, Invalid> {
    let wrong = match () {
        () if !path.starts_with('/') => "does not begin with a slash, as every path does",
        () if path.contains('?') => "has a query, which is not part of the path: remove `?` and what follows",
        () if has_dots(path.as_bytes()) => "has a `.` or `..` segment, which no resolved path has: remove it",
        () => return Ok(path),
    };
    Err(Invalid::new(format_args!("`{path}` {wrong}")))
}
