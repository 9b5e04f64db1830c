//! Compiles the configuration.

use std::rc::Rc;

use proxy_filter::config::{ConfigError, each};
use regex_replace::{Budget, Occurrences, Search};

use crate::Plan;
use crate::config::path::{Path, PathTemplate};
use crate::config::redirect::{Host, Port, RedirectConfig, Status};
use crate::config::regex::PathRegex;
use crate::config::rule::{Pattern, RuleConfig};
use crate::config::{Config, OnUnsafe, Query, no_rules};
use crate::inverse::Inverse;
use crate::matcher::{Matcher, PrefixReplacement};
use crate::pattern::BudgetedRegex;
use crate::redirect::Redirect;
use crate::replacement::Replacement;
use crate::rewriter::{Rewriter, Rule};
use crate::safety;

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { rules, original_path_header, query, on_unsafe } = config;
        if rules.is_empty() {
            return Err(no_rules().in_field("rules"));
        }
        let keeps_query = query == Query::Keep;
        let budget = Rc::<Budget>::default();
        let rules = each(rules, |config| rule(config, keeps_query, &budget));
        let rules = rules.map_err(|error| error.in_field("rules"))?;
        let rewriter = Rewriter { rules, keeps_query, budget };
        let inputs = rewriter.inputs();
        let original_path_header = original_path_header.map(|header| header.0);
        let rejects_unsafe = on_unsafe == OnUnsafe::Reject;
        Ok(Self { rewriter, original_path_header, rejects_unsafe, inputs })
    }
}

fn rule(config: RuleConfig, keeps_query: bool, budget: &Rc<Budget>) -> Result<Rule, ConfigError> {
    let RuleConfig { pattern, replace, redirect, reverse, when, continues } = config;
    let keeps_target = keeps_query && replace.is_none();
    if keeps_target && redirect.as_ref().is_some_and(RedirectConfig::is_same_origin) {
        let wrong = "redirects to the same URL: add `replace`, or change the scheme, host or port";
        return Err(ConfigError::new(wrong).in_field("redirect"));
    }
    let mut with_budget = |PathRegex(regex)| BudgetedRegex::new(Search::new(regex), Rc::clone(budget));
    let matcher = matcher(pattern, replace.as_deref()).map_err(|error| error.in_field("replace"))?;
    let inverse = reverse.map(|hosts| Inverse::of(&matcher, hosts));
    let inverse = inverse.transpose().map_err(|error| error.in_field("reverse"))?;
    Ok(Rule {
        matcher,
        redirect: redirect.map(Redirect::from),
        when: when.map(|when| when.map_patterns(&mut with_budget).into()),
        continues,
        inverse,
    })
}

/// Compiles a pattern and its replacement.
///
/// # Errors
/// The replacement is invalid.
fn matcher(pattern: Pattern, replace: Option<&str>) -> Result<Matcher, ConfigError> {
    Ok(match pattern {
        Pattern::Regex(PathRegex(regex), occurrences) => Matcher::Regex {
            replacement: replace.map(|source| Replacement::parse(source, &regex)).transpose()?,
            search: Search::new(regex),
            occurrences,
            is_template: false,
        },
        Pattern::Template(PathTemplate(PathRegex(regex))) => Matcher::Regex {
            replacement: replace.map(|source| Replacement::parse_template(source, &regex)).transpose()?,
            search: Search::new(regex),
            occurrences: Occurrences::All,
            is_template: true,
        },
        Pattern::Prefix(prefix) => Matcher::Prefix {
            prefix: prefix.into_segments(),
            replacement: replace.map(prefix_replacement).transpose()?,
        },
        Pattern::Exact(path) => Matcher::Exact {
            path: path.into_bytes(),
            replacement: replace.map(exact_replacement).transpose()?,
        },
    })
}

/// Compiles the replacement of an exact path: a path, optionally with a query.
fn exact_replacement(source: &str) -> Result<Vec<u8>, ConfigError> {
    safety::check_example(source, source.as_bytes())?;
    Ok(source.into())
}

/// Compiles the replacement of a prefix: segments, optionally with a query.
fn prefix_replacement(source: &str) -> Result<PrefixReplacement, ConfigError> {
    let start = source.find('?').unwrap_or(source.len());
    let (segments, query) = source.split_at_checked(start).unwrap_or((source, ""));
    let segments = Path::try_from(segments.to_owned())?.into_segments();
    safety::check_example(source, &[&segments, b"/".as_slice(), query.as_bytes()].concat())?;
    Ok(PrefixReplacement { segments, query: query.into() })
}

impl From<RedirectConfig> for Redirect {
    fn from(config: RedirectConfig) -> Self {
        let RedirectConfig { status: Status(status), scheme, host, port } = config;
        Self { status, scheme, host: host.map(|Host(host)| host), port: port.map(|Port(port)| port) }
    }
}
