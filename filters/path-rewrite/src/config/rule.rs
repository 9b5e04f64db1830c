//! A rule as JSON. Exactly one field says how to match.

use proxy_filter::config::{ConfigError, Invalid};
use proxy_filter::inputs::check_before_response;
use proxy_filter::matching::Condition;
use regex_replace::Occurrences;
use schemars::JsonSchema;
use serde::Deserialize;

use super::host::HostConfig;
use super::path::{Path, PathTemplate};
use super::redirect::RedirectConfig;
use super::regex::PathRegex;
use super::reverse::ReverseConfig;
use crate::inverse::Hosts;

/// A rule whose fields are consistent.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    rename = "Rule",
    with = "RuleFields",
    description = "A rule: one of `regex`, `prefix`, `exact` and `template`, with at least one of `replace`, `host` and `redirect`."
)]
#[serde(try_from = "RuleFields")]
pub(crate) struct RuleConfig {
    pub(crate) pattern: Pattern,
    pub(crate) case_insensitive: bool,
    pub(crate) replace: Option<String>,
    pub(crate) host: Option<HostConfig>,
    pub(crate) redirect: Option<RedirectConfig>,
    pub(crate) reverse: Option<Hosts>,
    pub(crate) when: Option<Condition<PathRegex>>,
    pub(crate) continues: bool,
}

/// Which paths a rule matches.
#[derive(Debug)]
pub(crate) enum Pattern {
    Regex(PathRegex, Occurrences),
    Prefix(Path),
    Exact(Path),
    Template(PathTemplate),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"prefix\": \"/old\", \"replace\": \"/new\"}")]
struct RuleFields {
    /// Replaces the matches of this regular expression, anywhere in the path unless it begins with `^`. Syntax of the Rust
    /// crate `regex`, 256 KiB at most once compiled.
    #[schemars(example = &"^/banana/([0-9]*)")]
    regex: Option<PathRegex>,
    /// Which matches of `regex` to replace. Default: `all`.
    #[schemars(extend("default" = "all"))]
    occurrences: Option<Occurrences>,
    /// Replaces these segments at the beginning of the path: `/api` matches `/api` and `/api/x`, not `/apix`.
    #[schemars(example = &"/old")]
    prefix: Option<Path>,
    /// Replaces the path if it equals this.
    #[schemars(example = &"/health")]
    exact: Option<Path>,
    /// Whether `prefix` or `exact` ignores the case of ASCII letters. Default: false.
    #[serde(default)]
    case_insensitive: bool,
    /// Replaces the path if it matches this template, in which `{name}` is one segment.
    #[schemars(example = &"/users/{id}")]
    template: Option<PathTemplate>,
    /// The replacement. After `regex`, `$1` and `${name}` are groups; after `template`, `{name}` is a segment. `%REQ(name)%`
    /// is a request header, `%ATTR(name)%` an attribute of Envoy, encoded as one segment. What follows a `?` goes before the
    /// request's query.
    #[schemars(example = &"/new")]
    replace: Option<String>,
    /// The new host, with or without a port. May stand beside `replace`, or alone.
    #[schemars(example = &"backend.example")]
    host: Option<HostConfig>,
    /// Redirects the client to the new path, or without `replace` to the same path, in place of rewriting.
    redirect: Option<RedirectConfig>,
    /// Whether to map paths in the response back, by the inverse of the rule: in `location`, `content-location` and the `Path`
    /// of `set-cookie`. Default: false.
    #[cfg_attr(not(feature = "reverse"), schemars(skip))]
    reverse: Option<ReverseConfig>,
    /// Applies the rule only to requests that meet this condition.
    when: Option<Condition<PathRegex>>,
    /// Whether the next rules run on the result of this one. Default: false.
    #[serde(default, rename = "continue")]
    continues: bool,
}

impl TryFrom<RuleFields> for RuleConfig {
    type Error = Invalid;

    fn try_from(fields: RuleFields) -> Result<Self, Invalid> {
        let RuleFields {
            regex,
            occurrences,
            prefix,
            exact,
            case_insensitive,
            template,
            replace,
            host,
            redirect,
            reverse,
            when,
            continues,
        } = fields;
        if occurrences.is_some() && (regex.is_none() || replace.is_none()) {
            let wrong = "applies only to a rule with `regex` and `replace`: remove it";
            return Err(ConfigError::new(wrong).in_field("occurrences").into());
        }
        let pattern = match (regex, prefix, exact, template) {
            (Some(regex), None, None, None) => Pattern::Regex(regex, occurrences.unwrap_or(Occurrences::All)),
            (None, Some(prefix), None, None) => Pattern::Prefix(prefix),
            (None, None, Some(path), None) => Pattern::Exact(path),
            (None, None, None, Some(template)) => Pattern::Template(template),
            _ => return Err(Invalid::new("give exactly one of `regex`, `prefix`, `exact` and `template`")),
        };
        if case_insensitive && !matches!(pattern, Pattern::Prefix(_) | Pattern::Exact(_)) {
            let wrong =
                "applies only to `prefix` and `exact`: remove it, or use a `regex` that begins with `(?i)`";
            return Err(ConfigError::new(wrong).in_field("case_insensitive").into());
        }
        if replace.is_none() && redirect.is_none() && host.is_none() {
            return Err(Invalid::new("give `replace`, `host` or `redirect`"));
        }
        if host.is_some() && redirect.is_some() {
            let wrong = "a redirect has its own `host`: move it there";
            return Err(ConfigError::new(wrong).in_field("host").into());
        }
        if continues && redirect.is_some() {
            let wrong = "a redirect ends the request: remove `continue`";
            return Err(ConfigError::new(wrong).in_field("continue").into());
        }
        let reverse = reverse.and_then(ReverseConfig::hosts);
        if reverse.is_some() && redirect.is_some() {
            let wrong = "a redirect reaches no upstream, so no response is mapped back: remove `reverse`";
            return Err(ConfigError::new(wrong).in_field("reverse").into());
        }
        if let Some(when) = &when {
            check_before_response(when).map_err(|error| error.in_field("when"))?;
        }
        Ok(Self { pattern, case_insensitive, replace, host, redirect, reverse, when, continues })
    }
}
