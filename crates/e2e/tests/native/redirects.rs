//! Random redirects, as path-rewrite's rules and Envoy's routes express them.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::grammar::{Replacement, regex, replacement};
use crate::matchers::{Matcher, merged, prefix_or_exact};
use crate::routes::{HOSTS, REPLACEMENTS};
use crate::subject::{Rule, any};

/// Redirects with their names in Envoy.
const STATUSES: [(u16, &str); 5] = [
    (301, "MOVED_PERMANENTLY"),
    (302, "FOUND"),
    (303, "SEE_OTHER"),
    (307, "TEMPORARY_REDIRECT"),
    (308, "PERMANENT_REDIRECT"),
];

/// What drops a query, which is an option of our filter and one of each redirect of Envoy's.
pub(crate) const DROPPING: &str = "redirect that drops the query";

/// Draws a redirect. Its kind says whether it drops the query.
pub(crate) fn redirect(random: &mut Rng, kind: &'static str) -> Rule {
    let (status, code) = any(random, STATUSES);
    let mut ours = json!({"status": status});
    let mut native = json!({"response_code": code});
    let mut both = |field: &str, native_field: &str, value: Value| {
        ours[field] = value.clone();
        native[native_field] = value;
    };
    let matcher = match random.u8(..4) {
        0 => prefix_or_exact(random, "exact"),
        1 => {
            // A route of Envoy's that matches where the regex does.
            let regex = regex(random);
            let whole = format!("(?s:.*)(?:{})(?s:.*)", regex.text);
            let native = json!({"safe_regex": {"regex": whole}});
            Matcher { ours: json!({"regex": regex.text}), native, variables: vec![""; regex.groups] }
        }
        _ => prefix_or_exact(random, "prefix"),
    };
    if random.u8(..3) == 0 {
        both("host", "host_redirect", any(random, HOSTS).into());
    }
    if random.u8(..3) == 0 {
        both("scheme", "scheme_redirect", any(random, ["http", "https"]).into());
    }
    if random.u8(..4) == 0 {
        both("port", "port_redirect", any(random, [8443, 80, 443]).into());
    }
    let mut rule = merged(&matcher.ours, &json!({"redirect": ours}));
    if let Some(regex) = matcher.ours["regex"].as_str() {
        let Replacement { ours, native: substitution } = replacement(random, matcher.variables.len());
        rule["replace"] = ours.into();
        native["regex_rewrite"] = json!({"pattern": {"regex": regex}, "substitution": substitution});
    } else if random.u8(..3) > 0 {
        let replace = any(random, REPLACEMENTS);
        rule["replace"] = replace.into();
        let field = if matcher.ours["exact"].is_string() { "path_redirect" } else { "prefix_rewrite" };
        native[field] = replace.into();
    }
    // Ours refuses redirects that change nothing.
    if rule["replace"].is_null()
        && ["host", "scheme", "port"].iter().all(|field| rule["redirect"][*field].is_null())
    {
        rule["redirect"]["scheme"] = "https".into();
        native["scheme_redirect"] = "https".into();
    }
    if kind == DROPPING {
        native["strip_query"] = true.into();
    }
    Rule { kind, ours: rule, native: json!({"match": matcher.native, "redirect": native}) }
}
