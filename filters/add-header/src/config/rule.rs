//! A rule as JSON. Each action accepts only some of the fields.

use proxy_filter::config::{ConfigError, Invalid};
use proxy_filter::headers::HeaderName;
use proxy_filter::matching::{Condition, When};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::WritableName;
use crate::protected;
use crate::rule::{Edit, Mode, Rule, Write};
use crate::value::{DefaultText, Value};

#[cfg(feature = "edit")]
mod edit;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "Fields")]
#[serde(try_from = "Fields")]
pub(crate) struct RuleConfig(pub(super) Rule);

impl From<RuleConfig> for Rule {
    fn from(config: RuleConfig) -> Self {
        config.0
    }
}

/// A change of one header.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Rule")]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"name\": \"x-env\", \"value\": \"prod\"}")]
struct Fields {
    /// What to do with the header. Default: `append`.
    #[serde(default)]
    action: Action,
    /// Name of the header, in any case: names are sent in lower case.
    #[schemars(example = &"x-env")]
    name: Option<WritableName>,
    /// For `remove`, in place of `name`: every header whose name begins with this.
    #[schemars(example = &"x-internal-")]
    prefix: Option<HeaderName>,
    /// For `rename`: the new name.
    #[schemars(example = &"x-new")]
    to: Option<WritableName>,
    /// The value: text with commands such as `%REQ(name)%`, `%RESP(name)%`, `%PATH%` and `%ATTR(source.address)%`, and `%%`
    /// for a percent sign.
    #[schemars(example = &"prod", example = &"%REQ(:authority)%")]
    value: Option<Value>,
    /// In place of `value`: several values, one header each.
    values: Option<Vec<Value>>,
    /// Replaces the value of a command that has none. Without a default, such a value is not written.
    default: Option<DefaultText>,
    /// For `edit`: replaces the matches of this regular expression in each value. Syntax of the Rust crate `regex`, 256 KiB at
    /// most once compiled.
    #[cfg(feature = "edit")]
    #[schemars(example = &"; *Domain=[^;]*")]
    regex: Option<String>,
    /// For `edit`: the replacement, in which `$1` and `${name}` are groups.
    #[cfg(feature = "edit")]
    #[schemars(example = &"")]
    replace: Option<String>,
    /// For `edit`: which matches in each value to replace. Default: `all`.
    #[cfg(feature = "edit")]
    #[schemars(extend("default" = "all"))]
    occurrences: Option<regex_replace::Occurrences>,
    /// For `edit`: whether to remove a value that becomes empty. Default: false.
    #[cfg(feature = "edit")]
    drop_empty: Option<bool>,
    /// The rule applies if this condition holds. Without a condition, it always applies.
    when: Option<Condition>,
}

/// What a rule does with its header.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Adds a value to those that are present.
    #[default]
    Append,
    /// Replaces every value.
    Set,
    /// Adds the value if the header is absent.
    SetIfAbsent,
    /// Replaces every value if the header is present.
    Replace,
    /// Removes every value.
    Remove,
    /// Moves every value to another header.
    Rename,
    /// Replaces the matches of a regular expression in each value.
    #[cfg(feature = "edit")]
    Edit,
}

impl TryFrom<Fields> for RuleConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        fields.refuse_unused()?;
        #[cfg(feature = "edit")]
        fields.refuse_unused_edit()?;
        let Fields { action, name, prefix, to, value, values, default, when, .. } = fields;
        let name = name.map(|name| name.0);
        let edit = match action {
            Action::Append => write(Mode::Append, name, value, values, default)?,
            Action::Set => write(Mode::Set, name, value, values, default)?,
            Action::SetIfAbsent => write(Mode::SetIfAbsent, name, value, values, default)?,
            Action::Replace => write(Mode::Replace, name, value, values, default)?,
            Action::Remove => match (name, prefix) {
                (Some(name), None) => Edit::Remove(removable(name)?),
                (None, Some(prefix)) => Edit::RemovePrefix(prefix.as_str().to_owned()),
                _ => return Err(Invalid::new("give exactly one of `name` and `prefix`")),
            },
            Action::Rename => rename(name, to)?,
            #[cfg(feature = "edit")]
            Action::Edit => {
                let name = name.ok_or_else(nameless)?;
                let (regex, replace) = (fields.regex.as_deref(), fields.replace.as_deref());
                let drops_empty = fields.drop_empty.unwrap_or_default();
                Edit::Substitute(edit::substitution(name, regex, replace, fields.occurrences, drops_empty)?)
            }
        };
        Ok(Self(Rule { edit, when: when.map(When::from) }))
    }
}

impl Fields {
    /// Refuses fields that the action does not take.
    fn refuse_unused(&self) -> Result<(), ConfigError> {
        const WRITERS: &str = "only `append`, `set`, `set_if_absent` and `replace` take a value";
        let writes =
            matches!(self.action, Action::Append | Action::Set | Action::SetIfAbsent | Action::Replace);
        for (field, is_given, is_taken, takers) in [
            ("prefix", self.prefix.is_some(), self.action == Action::Remove, "only `remove` takes a prefix"),
            ("to", self.to.is_some(), self.action == Action::Rename, "only `rename` takes a new name"),
            ("value", self.value.is_some(), writes, WRITERS),
            ("values", self.values.is_some(), writes, WRITERS),
            ("default", self.default.is_some(), writes, WRITERS),
        ] {
            if is_given && !is_taken {
                return Err(ConfigError::new(format_args!("remove this field: {takers}")).in_field(field));
            }
        }
        Ok(())
    }
}

fn write(
    mode: Mode,
    name: Option<HeaderName>,
    value: Option<Value>,
    values: Option<Vec<Value>>,
    default: Option<DefaultText>,
) -> Result<Edit, ConfigError> {
    let name = name.ok_or_else(nameless)?;
    let values = match (value, values) {
        (Some(value), None) => vec![value],
        (None, Some(values)) if !values.is_empty() => values,
        (None, Some(_)) => {
            return Err(ConfigError::new("the list is empty: give at least one value").in_field("values"));
        }
        (Some(_), Some(_)) => return Err(ConfigError::new("give only one of `value` and `values`")),
        (None, None) => {
            let missing = "missing: give the header's value, \"\" for an empty one";
            return Err(ConfigError::new(missing).in_field("value"));
        }
    };
    if default.is_some() && values.iter().all(|value| matches!(value, Value::Fixed(_))) {
        let unused = "remove this field: no value has a command for it to replace";
        return Err(ConfigError::new(unused).in_field("default"));
    }
    Ok(Edit::Write(Write { name, mode, values, default }))
}

fn rename(from: Option<HeaderName>, to: Option<WritableName>) -> Result<Edit, ConfigError> {
    let from = removable(from.ok_or_else(nameless)?)?;
    let missing = || ConfigError::new("missing: give the header's new name").in_field("to");
    let to = to.ok_or_else(missing)?.0;
    if from == to {
        return Err(ConfigError::new(format_args!("`{to}` is the old name: give another")).in_field("to"));
    }
    Ok(Edit::Rename { from, to })
}

fn removable(name: HeaderName) -> Result<HeaderName, ConfigError> {
    protected::removable(name).map_err(|error| ConfigError::new(error).in_field("name"))
}

fn nameless() -> ConfigError {
    ConfigError::new("missing: give the header's name").in_field("name")
}
