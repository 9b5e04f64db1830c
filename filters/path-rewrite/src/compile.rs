//! Compiles the configuration.

use std::rc::Rc;

use proxy_filter::config::{ConfigError, each};
use regex_replace::{Budget, Occurrences, Search};

use crate::Plan;
use crate::config::host::Place;
use crate::config::path::PathTemplate;
use crate::config::redirect::{Port, RedirectConfig, Status};
use crate::config::regex::PathRegex;
use crate::config::rule::{Pattern, RuleConfig};
use crate::config::{Config, OnUnsafe, Query, no_rules};
use crate::extras::Extras;
use crate::host::HostRewrite;
use crate::inverse::Inverse;
use crate::matcher::Matcher;
use crate::matcher::parse::{exact_replacement, prefix_replacement, regex_replacement};
use crate::own_headers::OwnHeaders;
use crate::pattern::BudgetedRegex;
use crate::redirect::Redirect;
use crate::rewriter::{Rewriter, Rule};
use crate::values::Values;

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { rules, original_path_header, forwarded_prefix, forwarded_host, query, on_unsafe } =
            config;
        if rules.is_empty() {
            return Err(no_rules().in_field("rules"));
        }
        let keeps_query = query == Query::Keep;
        let budget = Rc::<Budget>::default();
        let settings = Settings { keeps_query, tells_prefix: forwarded_prefix };
        let rules = each(rules, |config| rule(config, settings, &budget));
        let rules = rules.map_err(|error| error.in_field("rules"))?;
        if forwarded_prefix && !rules.iter().any(|rule| rule.tells_prefix) {
            let wrong = r#"no rule strips a prefix: add one such as {"prefix": "/app", "replace": "/"}, or remove this"#;
            return Err(ConfigError::new(wrong).in_field("forwarded_prefix"));
        }
        if forwarded_host && !rules.iter().any(|rule| rule.rewrites_host()) {
            let wrong = "no rule has a `host`: add one, or remove this";
            return Err(ConfigError::new(wrong).in_field("forwarded_host"));
        }
        let rewriter = Rewriter { rules, keeps_query, budget };
        let inputs = rewriter.inputs();
        let original_path_header = original_path_header.map(|header| header.0);
        let rejects_unsafe = on_unsafe == OnUnsafe::Reject;
        let own_headers =
            OwnHeaders { original_path: original_path_header, forwarded_prefix, forwarded_host };
        Ok(Self { rewriter, own_headers: own_headers.any(), rejects_unsafe, inputs })
    }
}

/// What all rules have in common.
#[derive(Clone, Copy)]
struct Settings {
    keeps_query: bool,
    tells_prefix: bool,
}

fn rule(config: RuleConfig, settings: Settings, budget: &Rc<Budget>) -> Result<Rule, ConfigError> {
    let RuleConfig { pattern, case_insensitive, replace, host, redirect, reverse, when, continues } = config;
    let keeps_target = settings.keeps_query && replace.is_none();
    if keeps_target && redirect.as_ref().is_some_and(RedirectConfig::is_same_origin) {
        let wrong = "redirects to the same URL: add `replace`, or change the scheme, host or port";
        return Err(ConfigError::new(wrong).in_field("redirect"));
    }
    let values = replace.as_deref().map(Values::parse).transpose();
    let (values, replace) = match values.map_err(|error| error.in_field("replace"))?.flatten() {
        Some((values, example)) => (Some(values), Some(example)),
        None => (None, replace),
    };
    if let (Some(values), Pattern::Regex(..)) = (&values, &pattern) {
        values.check_groups().map_err(|error| error.in_field("replace"))?;
    }
    let matcher = matcher(pattern, case_insensitive, replace.as_deref());
    let matcher = matcher.map_err(|error| error.in_field("replace"))?;
    let mut with_budget = |PathRegex(regex)| BudgetedRegex::new(Search::new(regex), Rc::clone(budget));
    if reverse.is_some() && values.is_some() {
        let wrong =
            "the rule cannot be undone with certainty: the response does not tell the values in `replace`";
        return Err(ConfigError::new(wrong).in_field("reverse"));
    }
    let (redirect, host) = match redirect {
        Some(config) => redirected(config).map_err(|error| error.in_field("host").in_field("redirect"))?,
        None => {
            let host = host.map(|host| host.compile(Place::Rule)).transpose();
            (None, host.map_err(|error| error.in_field("host"))?)
        }
    };
    let inverse = reverse.map(|hosts| Inverse::of(&matcher, host.as_ref(), hosts));
    let inverse = inverse.transpose().map_err(|error| error.in_field("reverse"))?;
    Ok(Rule {
        tells_prefix: settings.tells_prefix && redirect.is_none() && matcher.strips_prefix(),
        matcher,
        redirect,
        when: when.map(|when| when.map_patterns(&mut with_budget).into()),
        continues,
        inverse,
        extras: (host.is_some() || values.is_some()).then(|| Box::new(Extras { host, values })),
    })
}

/// Compiles a redirect. If a regex makes its host, returns that in addition.
fn redirected(config: RedirectConfig) -> Result<(Option<Redirect>, Option<HostRewrite>), ConfigError> {
    let RedirectConfig { status: Status(status), scheme, host, port } = config;
    let (host, rewrite) = match host.map(|host| host.compile(Place::Redirect)).transpose()? {
        Some(HostRewrite::Literal(host)) => (Some(host), None),
        other => (None, other),
    };
    Ok((Some(Redirect { status, scheme, host, port: port.map(|Port(port)| port) }), rewrite))
}

/// Compiles a pattern and its replacement.
///
/// # Errors
/// The replacement is invalid.
fn matcher(pattern: Pattern, case_insensitive: bool, replace: Option<&str>) -> Result<Matcher, ConfigError> {
    Ok(match pattern {
        Pattern::Regex(PathRegex(regex), occurrences) => Matcher::Regex {
            replacement: replace.map(|source| regex_replacement(source, &regex, false)).transpose()?,
            search: Search::new(regex),
            occurrences,
            is_template: false,
        },
        Pattern::Template(PathTemplate(PathRegex(regex))) => Matcher::Regex {
            replacement: replace.map(|source| regex_replacement(source, &regex, true)).transpose()?,
            search: Search::new(regex),
            occurrences: Occurrences::All,
            is_template: true,
        },
        Pattern::Prefix(prefix) => Matcher::Prefix {
            prefix: prefix.into_segments(),
            case_insensitive,
            replacement: replace.map(prefix_replacement).transpose()?,
        },
        Pattern::Exact(path) => Matcher::Exact {
            path: path.into_bytes(),
            case_insensitive,
            replacement: replace.map(exact_replacement).transpose()?,
        },
    })
}
