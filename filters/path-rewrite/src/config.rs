//! The configuration.

use std::rc::Rc;

use proxy_filter::config::{ConfigError, Invalid, each, from_json};
use proxy_filter::headers::HeaderName;
use proxy_filter::inputs::check_before_response;
use proxy_filter::logging::Throttled;
use proxy_filter::matching::{Condition, PathPattern};
use proxy_filter::target::is_host;
use regex::bytes::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::budget::Budget;
use crate::matcher::Matcher;
use crate::path_template;
use crate::redirect::{Redirect, is_ipv4_shorthand};
use crate::replacement::{Occurrences, Replacement};
use crate::rewriter::{Rewriter, Rule};
use crate::search::Search;
use paths::{exact, path, safe_path, safe_segments, segments};
use regexes::regex;

mod paths;
mod regexes;

/// Configuration of path-rewrite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Tried in order; the first that matches wins, unless it continues.
    rules: Vec<RuleConfig>,
    /// A header that shows the upstream the original target of a request that was rewritten.
    original_path_header: Option<String>,
    /// What becomes of the request's query.
    #[serde(default)]
    query: Query,
    /// What becomes of a request whose result is not safe to write.
    #[serde(default)]
    on_unsafe: OnUnsafe,
}

/// A rule: one of `regex`, `prefix`, `exact` and `template`, with `replace` or `redirect` or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"prefix\": \"/old\", \"replace\": \"/new\"}")]
struct RuleConfig {
    /// Its matches are replaced.
    regex: Option<String>,
    /// Which matches of `regex` are.
    occurrences: Option<OccurrencesConfig>,
    /// Replaced where the path begins with these segments.
    prefix: Option<String>,
    /// Replaced where it is the path.
    exact: Option<String>,
    /// Replaced where the path is like this: `{name}` is one segment.
    template: Option<String>,
    /// What takes its place; after a regex `$1` and `${name}` are its groups, after a template `{name}`.
    replace: Option<String>,
    /// Sends the client to the new path instead.
    redirect: Option<RedirectConfig>,
    /// What the request must be like for the rule to apply.
    when: Option<Condition<Pattern>>,
    /// Whether the rules behind it see its result.
    #[serde(default, rename = "continue")]
    continues: bool,
}

/// A redirect; what is not given is the request's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a redirect, such as {\"status\": 308}")]
struct RedirectConfig {
    /// 301, 302, 303, 307 or 308; 308 where it is not given.
    status: Option<u16>,
    /// `http` or `https`.
    scheme: Option<String>,
    /// Without a port.
    host: Option<String>,
    /// The port; with another host, none where it is not given.
    port: Option<u16>,
}

/// Which matches are replaced.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OccurrencesConfig {
    /// Every one.
    All,
    /// The first.
    First,
}

/// What becomes of a request's query.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Query {
    /// It stays, behind the parameters that the replacement brings along.
    #[default]
    Keep,
    /// It goes.
    Drop,
}

/// What becomes of a request whose result is not safe to write.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum OnUnsafe {
    /// It goes on as it came.
    #[default]
    Pass,
    /// It is answered 400.
    Reject,
}

/// A configuration, compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) rewriter: Rewriter,
    pub(crate) original_path_header: Option<HeaderName>,
    pub(crate) rejects_unsafe: bool,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<Compiled, ConfigError> {
    if configuration.trim_ascii().is_empty() {
        return Err(nothing());
    }
    let config: Config = from_json(configuration)?;
    if config.rules.is_empty() {
        return Err(nothing().in_field("rules"));
    }
    let keeps_query = config.query == Query::Keep;
    let budget = Rc::<Budget>::default();
    let checked = |config: RuleConfig| {
        let stays = keeps_query && config.replace.is_none();
        let is_nowhere = stays && config.redirect.as_ref().is_some_and(RedirectConfig::is_nowhere);
        let nowhere =
            "it leads to where the request came from: give `replace`, or another scheme, host or port";
        match rule(config, &budget)? {
            _ if is_nowhere => Err(ConfigError::new(nowhere).in_field("redirect")),
            rule => Ok(rule),
        }
    };
    let rules = each(config.rules, checked).map_err(|error| error.in_field("rules"))?;
    let original_path_header = config.original_path_header.map(|name| own_header(&name)).transpose();
    Ok(Compiled {
        rewriter: Rewriter { rules, keeps_query, budget },
        original_path_header: original_path_header.map_err(|error| error.in_field("original_path_header"))?,
        rejects_unsafe: config.on_unsafe == OnUnsafe::Reject,
    })
}

fn nothing() -> ConfigError {
    ConfigError::new(
        r#"there is nothing to rewrite: give a rule, such as {"rules": [{"prefix": "/old", "replace": "/new"}]}"#,
    )
}

fn own_header(name: &str) -> Result<HeaderName, ConfigError> {
    const NOT_OURS: [&str; 16] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cache-control",
        "content-encoding",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "origin",
        "range",
        "referer",
        "user-agent",
        "via",
    ];
    let name = HeaderName::new(name).map_err(ConfigError::new)?;
    let is_forwarded = name.as_str().starts_with("x-forwarded-") || name.as_str() == "x-request-id";
    let is_known = NOT_OURS.contains(&name.as_str()) || is_forwarded;
    match is_known || name.is_framing() || name.is_hop_by_hop() {
        true => Err(ConfigError::new(format_args!(
            "`{name}` means something else: use a name of your own, such as `x-envoy-original-path`"
        ))),
        false => Ok(name),
    }
}

fn rule(config: RuleConfig, budget: &Rc<Budget>) -> Result<Rule, ConfigError> {
    if config.replace.is_none() && config.redirect.is_none() {
        return Err(ConfigError::new("give `replace`, `redirect` or both"));
    }
    if config.occurrences.is_some() && (config.regex.is_none() || config.replace.is_none()) {
        let useless = "leave it out: it says which matches of `regex` are replaced";
        return Err(ConfigError::new(useless).in_field("occurrences"));
    }
    if config.continues && config.redirect.is_some() {
        return Err(ConfigError::new("leave it out: a redirect ends the request").in_field("continue"));
    }
    let occurrences = match config.occurrences {
        Some(OccurrencesConfig::First) => Occurrences::First,
        Some(OccurrencesConfig::All) | None => Occurrences::All,
    };
    let replace = config.replace.as_deref();
    let matcher = match (config.regex, config.prefix, config.exact, config.template) {
        (Some(source), None, None, None) => {
            let regex = regex(&source).map_err(|error| error.in_field("regex"))?;
            let replacement = replace.map(|source| Replacement::parse(source, &regex)).transpose();
            let replacement = replacement.map_err(|error| error.in_field("replace"))?;
            Matcher::Regex { search: Search::new(regex), replacement, occurrences, is_template: false }
        }
        (None, Some(prefix), None, None) => Matcher::Prefix {
            prefix: segments(&prefix).map_err(|error| error.in_field("prefix"))?,
            replacement: replace.map(safe_segments).transpose().map_err(|error| error.in_field("replace"))?,
        },
        (None, None, Some(path), None) => Matcher::Exact {
            path: exact(&path).map_err(|error| error.in_field("exact"))?,
            replacement: replace.map(safe_path).transpose().map_err(|error| error.in_field("replace"))?,
        },
        (None, None, None, Some(template)) => {
            let regex = template_regex(&template).map_err(|error| error.in_field("template"))?;
            let replacement = replace.map(|source| Replacement::parse_template(source, &regex)).transpose();
            let replacement = replacement.map_err(|error| error.in_field("replace"))?;
            Matcher::Regex { search: Search::new(regex), replacement, occurrences, is_template: true }
        }
        _ => return Err(ConfigError::new("give one of `regex`, `prefix`, `exact` and `template`")),
    };
    let redirect = config.redirect.map(redirect).transpose().map_err(|error| error.in_field("redirect"))?;
    if let Some(when) = &config.when {
        check_before_response(when).map_err(|error| error.in_field("when"))?;
    }
    let mut with_budget = |Pattern(search)| BudgetedPattern { search, budget: Rc::clone(budget) };
    let when = config.when.map(|when| when.map_patterns(&mut with_budget));
    Ok(Rule { matcher, redirect, when, continues: config.continues, warning: Throttled::default() })
}

/// The regular expression of `path.regex` in a condition.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct Pattern(Search);

impl TryFrom<String> for Pattern {
    type Error = Invalid;

    fn try_from(source: String) -> Result<Self, Invalid> {
        Ok(Self(Search::new(regex(&source)?)))
    }
}

/// A pattern that shares the steps of a request. Unknown if it would take too many.
#[derive(Debug)]
pub(crate) struct BudgetedPattern {
    search: Search,
    budget: Rc<Budget>,
}

impl PathPattern for BudgetedPattern {
    fn matches(&self, path: &[u8]) -> Option<bool> {
        self.search.matches(&self.budget, path).ok()
    }
}

impl RedirectConfig {
    fn is_nowhere(&self) -> bool {
        self.scheme.is_none() && self.host.is_none() && self.port.is_none()
    }
}

fn redirect(config: RedirectConfig) -> Result<Redirect, ConfigError> {
    let status = config.status.unwrap_or(308);
    if ![301, 302, 303, 307, 308].contains(&status) {
        return Err(ConfigError::new(format_args!(
            "`{status}` redirects nobody: use 301, 302, 303, 307 or 308"
        ))
        .in_field("status"));
    }
    if let Some(scheme) = config.scheme.as_deref().filter(|scheme| !["http", "https"].contains(scheme)) {
        let wrong = ConfigError::new(format_args!("`{}` is not http or https", scheme.escape_debug()));
        return Err(wrong.in_field("scheme"));
    }
    if let Some(host) = config.host.as_deref().filter(|host| !is_host(host)) {
        let wrong = format_args!(
            "`{}` is not a host: write it like `docs.example.com` or `[::1]`, and the port into `port`",
            host.escape_debug()
        )
        .to_string();
        return Err(ConfigError::new(wrong).in_field("host"));
    }
    if let Some(host) = config.host.as_deref().filter(|host| is_ipv4_shorthand(host)) {
        let wrong = format_args!(
            "clients take `{host}` for an IPv4 address and rewrite it: write all four numbers, as in `127.0.0.1`"
        )
        .to_string();
        return Err(ConfigError::new(wrong).in_field("host"));
    }
    if config.port == Some(0) {
        return Err(ConfigError::new("there is no port 0: give 1 to 65535").in_field("port"));
    }
    Ok(Redirect { status, scheme: config.scheme, host: config.host, port: config.port })
}

fn template_regex(template: &str) -> Result<Regex, ConfigError> {
    path(template)?;
    regex(&path_template::to_regex(template).map_err(ConfigError::new)?)
}

#[cfg(test)]
mod tests;
