//! Differences between path-rewrite and the rewrites and redirects of Envoy's routes.

use super::regexes::regexes;
use crate::differences::Compared;
use crate::paths::{has_dot_segment, may_be_misread, path_of_location, percent_encoded};
use crate::seen::{Seen, first};
use crate::subject::Rule;

/// Returns whether the paths differ in a slash at the end of what replaced a prefix.
pub(crate) fn one_slash(compared: &Compared<'_>) -> bool {
    let replaces_prefix = |rule: &Rule| {
        rule.ours["prefix"].is_string()
            && rule.ours["replace"].as_str().is_some_and(|replace| replace.ends_with('/'))
    };
    let single = |seen: &Seen| {
        let target = seen.target().map(single_slashes);
        let seen = seen
            .clone()
            .map_client("location", |location| single_slashes(&spelled(&percent_encoded(location))));
        target.map_or(seen.clone(), |target| seen.with_target(&target))
    };
    compared.rules.iter().any(replaces_prefix) && single(&compared.native) == single(&compared.ours)
}

/// Returns whether the locations differ in percent-encoding only.
pub(crate) fn encoded_location(compared: &Compared<'_>) -> bool {
    let encoded = |seen: &Seen| seen.clone().map_client("location", percent_encoded);
    encoded(&compared.native) == compared.ours
}

/// Returns whether the locations differ in the spelling of the host, too.
pub(crate) fn spelled_location(compared: &Compared<'_>) -> bool {
    let spelled =
        |seen: &Seen| seen.clone().map_client("location", |location| spelled(&percent_encoded(location)));
    spelled(&compared.native) == compared.ours
}

/// Returns whether Envoy redirects a request to itself, and ours passes it unchanged.
pub(crate) fn redirect_to_itself(compared: &Compared<'_>) -> bool {
    let own = [b"http://", compared.exchange.host(), compared.exchange.target()].concat();
    let same = |one: &[u8], other: &[u8]| spelled(&percent_encoded(one)) == spelled(&percent_encoded(other));
    compared.ours.is_unchanged(compared.exchange)
        && first(&compared.native.client, "location").is_some_and(|location| same(location, &own))
}

/// Returns whether servers could misread Envoy's result, and ours passes the request unchanged.
pub(crate) fn unsafe_result(compared: &Compared<'_>) -> bool {
    let native = &compared.native;
    let result = first(&native.client, "location").map(path_of_location).or_else(|| native.target());
    // The upstream refuses a request without a path, or with a space in it.
    let is_misread = result.is_none_or(may_be_misread)
        || regexes(compared).any(|(regex, replace)| {
            // Envoy's redirects hide a path without a slash at its beginning: they add one.
            may_be_misread(&regex.replace_all(compared.exchange.path(), replace.as_bytes()))
        });
    let is_template = compared.rules.iter().any(|rule| rule.ours["template"].is_string());
    compared.ours.is_unchanged(compared.exchange)
        && (is_misread || is_template && has_dot_segment(compared.exchange.path()))
}

/// Replaces doubled slashes with one and removes the last one, but for those after the scheme, and those of the query.
fn single_slashes(text: &[u8]) -> Vec<u8> {
    let query = text.iter().position(|byte| *byte == b'?').unwrap_or(text.len());
    let (path, query) = text.split_at(query);
    let mut single: Vec<u8> = Vec::new();
    for byte in path {
        if !(*byte == b'/' && single.ends_with(b"/") && !single.ends_with(b":/")) {
            single.push(*byte);
        }
    }
    [single.strip_suffix(b"/").unwrap_or(&single), query].concat()
}

/// Spells the host of a URL as clients do: in lower case, without its scheme's own port.
fn spelled(url: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(url).into_owned();
    let Some((scheme, rest)) = text.split_once("://") else { return url.to_vec() };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = host.to_ascii_lowercase();
    let port = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{path}", host.strip_suffix(port).unwrap_or(&host)).into_bytes()
}
