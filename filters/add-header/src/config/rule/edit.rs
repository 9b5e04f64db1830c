//! The fields of `action: edit`.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderValue;
use proxy_filter::logging::Throttled;
use regex_replace::{Occurrences, Regex, Replacement, Search, compile};

use super::{Action, Fields, wrong};
use crate::protected;
use crate::rule::Edit;
use crate::substitution::Substitution;

impl Fields {
    /// Refuses fields that only edits take.
    pub(super) fn refuse_unused_edit(&self) -> Result<(), ConfigError> {
        let given = [
            ("regex", self.regex.is_some()),
            ("replace", self.replace.is_some()),
            ("occurrences", self.occurrences.is_some()),
            ("drop_empty", self.drop_empty.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) if self.action != Action::Edit => {
                Err(ConfigError::new("remove this field: only `edit` takes it").in_field(field))
            }
            _ => Ok(()),
        }
    }

    /// Compiles the edit.
    ///
    /// # Errors
    /// A field is missing or invalid.
    pub(super) fn substitute(&self) -> Result<Edit, ConfigError> {
        let drops_empty = self.drop_empty.unwrap_or_default();
        let name = self.name(if drops_empty { protected::removable } else { protected::writable })?;
        let regex = self.regex.as_ref();
        let regex = regex
            .ok_or_else(|| wrong("regex", "missing: give a regular expression, such as `; *Domain=[^;]*`"))?;
        let regex = compile(regex).map_err(|error| ConfigError::from(error).in_field("regex"))?;
        let replace = self.replace.as_ref();
        let replace = replace
            .ok_or_else(|| wrong("replace", "missing: give the replacement, \"\" to remove what matches"))?;
        let replacement = replacement(replace, &regex).map_err(|error| error.in_field("replace"))?;
        Ok(Edit::Substitute(Substitution {
            name,
            search: Search::new(regex),
            replacement,
            occurrences: self.occurrences.unwrap_or(Occurrences::All),
            drops_empty,
            warnings: Throttled::default(),
        }))
    }
}

/// Parses a replacement, whose literal text must be part of a header value.
fn replacement(source: &str, regex: &Regex) -> Result<Replacement, ConfigError> {
    HeaderValue::new(source)?;
    Replacement::parse(source, regex)
}
