//! Classes of paths as JSON.

use proxy_filter::config::{ConfigError, Invalid, OneOrMany};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key::PathClass;

/// Classes of paths. If there is none, each path counts by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    rename = "Path",
    with = "Fields",
    description = "The classes of paths that count as one. Without classes, each path counts by itself."
)]
#[serde(try_from = "Fields")]
pub(crate) struct PathClasses(pub(crate) Vec<PathClass>);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "{}, or classes of paths, such as {\"template\": \"/users/{id}\"}")]
struct Fields {
    /// The paths of each template count as one. A name in braces is any segment that is not empty: `/users/{id}` is the class of
    /// `/users/1` and `/users/2`. The first template that matches decides.
    #[schemars(example = &"/users/{id}")]
    template: Option<OneOrMany<String>>,
    /// The paths that begin with the segments of each prefix, and match no template, count as one. The first prefix that matches
    /// decides.
    #[schemars(example = &"/api")]
    prefix: Option<OneOrMany<String>>,
}

impl TryFrom<Fields> for PathClasses {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(Fields { template, prefix }: Fields) -> Result<Self, Invalid> {
        // Templates come first, because they are more specific.
        let mut classes = Vec::new();
        add(&mut classes, template, false).map_err(|error| error.in_field("template"))?;
        add(&mut classes, prefix, true).map_err(|error| error.in_field("prefix"))?;
        Ok(Self(classes))
    }
}

#[inline(never)]
fn add(
    classes: &mut Vec<PathClass>,
    texts: Option<OneOrMany<String>>,
    is_prefix: bool,
) -> Result<(), ConfigError> {
    for text in texts.map(OneOrMany::at_least_one).transpose()?.unwrap_or_default() {
        classes.push(PathClass::new(text, is_prefix)?);
    }
    Ok(())
}
