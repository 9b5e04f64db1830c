//! Differences between path-rewrite and the rewrites and redirects of Envoy's routes.

use regex::bytes::{Regex, RegexBuilder};

use crate::differences::Compared;
use crate::seen::{Seen, first};
use crate::subject::Rule;

/// The longest path that path-rewrite writes, in bytes.
const LONGEST: usize = 8 * 1024;

/// The matches that a regex of path-rewrite replaces at most.
const MOST_MATCHES: usize = 128;

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
    passes_unchanged(compared)
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
    passes_unchanged(compared) && (is_misread || is_template && has_dot_segment(compared.exchange.path()))
}

/// Returns whether a regex matches too often, and ours passes the request unchanged.
pub(crate) fn many_matches(compared: &Compared<'_>) -> bool {
    let too_often = |regex: Regex| regex.find_iter(compared.exchange.path()).count() > MOST_MATCHES;
    passes_unchanged(compared) && regexes(compared).any(|(regex, _)| too_often(regex))
}

/// Compiles the regexes of the rules as path-rewrite does, each with its replacement.
fn regexes<'a>(compared: &Compared<'a>) -> impl Iterator<Item = (Regex, &'a str)> {
    compared.rules.iter().filter_map(|rule| {
        let regex = RegexBuilder::new(rule.ours["regex"].as_str()?).unicode(false).build().ok()?;
        Some((regex, rule.ours["replace"].as_str()?))
    })
}

/// Returns whether a regex repeats a character that is not ASCII.
pub(crate) fn repeated_characters(compared: &Compared<'_>) -> bool {
    let repeats = |regex: &str| {
        regex.chars().zip(regex.chars().skip(1)).any(|(one, next)| !one.is_ascii() && "*+?{".contains(next))
    };
    compared.rules.iter().filter_map(|rule| rule.ours["regex"].as_str()).any(repeats)
}

/// Returns whether a template sees a path with bytes that variables of Envoy's do not match.
pub(crate) fn any_segment(compared: &Compared<'_>) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@/".contains(byte);
    compared.rules.iter().any(|rule| rule.ours["template"].is_string())
        && !compared.exchange.path().iter().all(is_allowed)
}

fn passes_unchanged(compared: &Compared<'_>) -> bool {
    let Some(received) = &compared.ours.upstream else { return false };
    first(received, ":path") == Some(compared.exchange.target())
        && first(received, ":authority")
            .is_some_and(|host| host.eq_ignore_ascii_case(compared.exchange.host()))
        && !received.contains_key("x-envoy-original-path")
        && compared.ours.status() == b"200"
}

fn may_be_misread(target: &[u8]) -> bool {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let begins_well = path.starts_with(b"/") && !path.starts_with(b"//") && !path.starts_with(b"/\\");
    let has_forbidden = path.iter().any(|byte| byte.is_ascii_control() || b" #".contains(byte));
    !begins_well || has_forbidden || has_dot_segment(path) || target.len() > LONGEST
}

/// Returns whether a path has a `.` or `..` segment in any spelling that a server may know.
fn has_dot_segment(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let path = path
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace('\\', "/")
        .replace("%3b", ";");
    path.split('/').any(|segment| [".", ".."].contains(&segment.split(';').next().unwrap_or_default()))
}

fn path_of_location(location: &[u8]) -> &[u8] {
    let after_scheme =
        location.windows(3).position(|window| window == b"://").map_or(0, |at| at.saturating_add(3));
    let rest = location.get(after_scheme..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'/').and_then(|slash| rest.get(slash..)).unwrap_or_default()
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

/// Percent-encodes bytes that a URL may not have.
fn percent_encoded(url: &[u8]) -> Vec<u8> {
    let encoded = |byte: u8| match byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte) {
        true => vec![byte],
        false => format!("%{byte:02X}").into_bytes(),
    };
    url.iter().copied().flat_map(encoded).collect()
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
