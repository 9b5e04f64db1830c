//! A rule as JSON. Each action accepts only some of the fields.

use proxy_filter::config::{ConfigError, Invalid, each};
use proxy_filter::headers::HeaderName;
use proxy_filter::matching::{Condition, When};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;
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
//
// Texts are checked after all fields have been read: types that check themselves would each have code that reads a text.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Rule")]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"name\": \"x-env\", \"value\": \"prod\"}")]
struct Fields {
    /// What to do with the header. Default: `append`.
    #[serde(default)]
    action: Action,
    /// Name of the header, in any case: names are sent in lower case.
    #[schemars(example = &"x-env")]
    name: Option<String>,
    /// For `remove`, in place of `name`: every header whose name begins with this.
    #[schemars(example = &"x-internal-")]
    prefix: Option<String>,
    /// For `remove`, in place of `name`: every header whose name ends with this.
    #[schemars(example = &"-internal")]
    suffix: Option<String>,
    /// For `remove`, in place of `name`: every header whose name matches this. `*` stands for any characters, `?` for one.
    #[schemars(example = &"x-*-internal")]
    glob: Option<String>,
    /// For `remove`, in place of `name`: several names.
    names: Option<Vec<String>>,
    /// For `rename` and `copy`: the other name.
    #[schemars(example = &"x-new")]
    to: Option<String>,
    /// The value: text with commands such as `%REQ(name)%`, `%RESP(name)%`, `%PATH%` and `%ATTR(source.address)%`, and `%%`
    /// for a percent sign.
    #[schemars(example = &"prod", example = &"%REQ(:authority)%")]
    value: Option<String>,
    /// In place of `value`: several values, one header each.
    values: Option<Vec<String>>,
    /// Replaces the value of a command that has none. Without a default, such a value is not written.
    default: Option<String>,
    /// For `append`: leaves out a value that the header has already.
    #[serde(default)]
    if_different: bool,
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
    /// Adds every value to another header.
    Copy,
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
        let edit = match fields.action {
            Action::Append if fields.if_different => fields.write(Mode::AppendIfDifferent)?,
            Action::Append => fields.write(Mode::Append)?,
            Action::Set => fields.write(Mode::Set)?,
            Action::SetIfAbsent => fields.write(Mode::SetIfAbsent)?,
            Action::Replace => fields.write(Mode::Replace)?,
            Action::Remove => fields.remove()?,
            Action::Rename => fields.copy(true)?,
            Action::Copy => fields.copy(false)?,
            #[cfg(feature = "edit")]
            Action::Edit => fields.substitute()?,
        };
        Ok(Self(Rule { edit, when: fields.when.map(When::from) }))
    }
}

impl Fields {
    /// Refuses fields that the action does not take.
    fn refuse_unused(&self) -> Result<(), ConfigError> {
        const WRITERS: &str = "only `append`, `set`, `set_if_absent` and `replace` take a value";
        const REMOVES: &str = "only `remove` takes it";
        let writes =
            matches!(self.action, Action::Append | Action::Set | Action::SetIfAbsent | Action::Replace);
        let removes = self.action == Action::Remove;
        for (field, is_given, is_taken, takers) in [
            ("prefix", self.prefix.is_some(), removes, REMOVES),
            ("suffix", self.suffix.is_some(), removes, REMOVES),
            ("glob", self.glob.is_some(), removes, REMOVES),
            ("names", self.names.is_some(), removes, REMOVES),
            (
                "to",
                self.to.is_some(),
                matches!(self.action, Action::Rename | Action::Copy),
                "only `rename` and `copy` take it",
            ),
            ("value", self.value.is_some(), writes, WRITERS),
            ("values", self.values.is_some(), writes, WRITERS),
            ("default", self.default.is_some(), writes, WRITERS),
            ("if_different", self.if_different, self.action == Action::Append, "only `append` takes it"),
        ] {
            if is_given && !is_taken {
                return Err(ConfigError::new(format_args!("remove this field: {takers}")).in_field(field));
            }
        }
        Ok(())
    }

    fn write(&self, mode: Mode) -> Result<Edit, ConfigError> {
        let name = self.name(protected::writable)?;
        let values = match (&self.value, &self.values) {
            (Some(value), None) => vec![checked(value, "value", Value::parse)?],
            (None, Some(values)) => each_checked(values, "values", Value::parse)?,
            (Some(_), Some(_)) => return Err(ConfigError::new("give only one of `value` and `values`")),
            (None, None) => {
                return Err(wrong("value", "missing: give the header's value, \"\" for an empty one"));
            }
        };
        let default = self.default.as_ref();
        let default = default.map(|text| checked(text, "default", DefaultText::parse)).transpose()?;
        if default.is_some() && values.iter().all(|value| matches!(value, Value::Fixed(_))) {
            return Err(wrong("default", "remove this field: no value has a command for it to replace"));
        }
        Ok(Edit::Write(Write { name, mode, values, default }))
    }

    fn remove(&self) -> Result<Edit, ConfigError> {
        let given = [&self.name, &self.prefix, &self.suffix, &self.glob];
        let count = given.into_iter().flatten().count().saturating_add(usize::from(self.names.is_some()));
        if count != 1 {
            return Err(ConfigError::new(
                "give exactly one of `name`, `names`, `prefix`, `suffix` and `glob`",
            ));
        }
        Ok(if let Some(prefix) = &self.prefix {
            Edit::RemoveMatching(checked(prefix, "prefix", Pattern::prefix)?)
        } else if let Some(suffix) = &self.suffix {
            Edit::RemoveMatching(checked(suffix, "suffix", Pattern::suffix)?)
        } else if let Some(glob) = &self.glob {
            Edit::RemoveMatching(checked(glob, "glob", Pattern::glob)?)
        } else if let Some(names) = &self.names {
            Edit::Remove(each_checked(names, "names", protected::removable)?)
        } else {
            Edit::Remove(vec![self.name(protected::removable)?])
        })
    }

    fn copy(&self, is_move: bool) -> Result<Edit, ConfigError> {
        let from = self.name(if is_move { protected::removable } else { protected::writable })?;
        let to = self.to.as_ref().ok_or_else(|| wrong("to", "missing: give the other header's name"))?;
        let to = checked(to, "to", protected::writable)?;
        if from == to {
            return Err(wrong("to", "this is the same name: give another"));
        }
        Ok(Edit::Copy { from, to, is_move })
    }

    fn name(&self, check: Check<HeaderName>) -> Result<HeaderName, ConfigError> {
        let name = self.name.as_ref().ok_or_else(|| wrong("name", "missing: give the header's name"))?;
        checked(name, "name", check)
    }
}

/// Checks a text and converts it.
type Check<T> = fn(&str) -> Result<T, ConfigError>;

/// Checks the text of a field.
fn checked<T>(text: &str, field: &str, check: Check<T>) -> Result<T, ConfigError> {
    check(text).map_err(|error| error.in_field(field))
}

/// Checks the texts of a field, of which there must be at least one.
fn each_checked<T>(texts: &[String], field: &str, check: Check<T>) -> Result<Vec<T>, ConfigError> {
    if texts.is_empty() {
        return Err(wrong(field, "the list is empty: give at least one value"));
    }
    each(texts, |text| check(text)).map_err(|error| error.in_field(field))
}

fn wrong(field: &str, message: &str) -> ConfigError {
    ConfigError::new(message).in_field(field)
}
