//! Differences between path-rewrite's regexes and Envoy's.

use regex::bytes::{Regex, RegexBuilder};

use crate::differences::Compared;
use crate::paths::{may_be_misread, path_of_location, percent_encoded};
use crate::seen::{Seen, first};

/// The matches that a regex of path-rewrite replaces at most.
const MOST_MATCHES: usize = 128;

/// Returns whether a regex matches too often, and ours passes the request unchanged.
pub(crate) fn many_matches(compared: &Compared<'_>) -> bool {
    compared.ours.is_unchanged(compared.exchange)
        && regexes(compared).any(|(regex, _)| matches_too_often(&regex, compared.exchange.path()))
}

fn matches_too_often(regex: &Regex, path: &[u8]) -> bool {
    regex.find_iter(path).count() > MOST_MATCHES
}

/// Compiles the regexes of the rules as path-rewrite does, each with its replacement.
pub(crate) fn regexes<'a>(compared: &Compared<'a>) -> impl Iterator<Item = (Regex, &'a str)> {
    compared
        .rules
        .iter()
        .filter_map(|rule| Some((compiled(rule.ours["regex"].as_str()?)?, rule.ours["replace"].as_str()?)))
}

/// Compiles a regex as path-rewrite does.
pub(crate) fn compiled(regex: &str) -> Option<Regex> {
    RegexBuilder::new(regex).unicode(false).build().ok()
}

/// Returns whether a regex repeats a character that is not ASCII, and each side has the path that its reading of the regex gives.
pub(crate) fn repeated_characters(compared: &Compared<'_>) -> bool {
    let repeats = |regex: &str| {
        regex.chars().zip(regex.chars().skip(1)).any(|(one, next)| !one.is_ascii() && "*+?{".contains(next))
    };
    let path = compared.exchange.path();
    let replaced = |regex: &Regex, replace: &str| {
        regex.is_match(path).then(|| regex.replace_all(path, replace.as_bytes()).into_owned())
    };
    compared.rules.iter().any(|rule| {
        let regex = rule.ours["regex"].as_str().filter(|regex| repeats(regex));
        let (Some(regex), Some(replace)) = (regex, rule.ours["replace"].as_str()) else { return false };
        let (Some(of_characters), Some(of_bytes)) = (compiled(regex), compiled(&in_bytes(regex))) else {
            return false;
        };
        let (ours, native) = (replaced(&of_characters, replace), replaced(&of_bytes, replace));
        let is_refused =
            ours.as_deref().is_some_and(may_be_misread) || matches_too_often(&of_characters, path);
        let passes = is_refused && compared.ours.is_unchanged(compared.exchange);
        ours != native
            && (passes || has_path(compared, &compared.ours, ours.as_deref()))
            && has_path(compared, &compared.native, native.as_deref())
    })
}

/// Spells the characters that are not ASCII as their bytes, of which a repetition repeats the last.
fn in_bytes(regex: &str) -> String {
    let spelled = |character: char| match character.is_ascii() {
        true => character.to_string(),
        false => character.to_string().bytes().map(|byte| format!(r"\x{byte:02X}")).collect(),
    };
    regex.chars().map(spelled).collect()
}

/// Returns whether the request continued to this path, or was redirected there. `None` is the path that it had, unless another
/// rule may have replaced it.
fn has_path(compared: &Compared<'_>, seen: &Seen, path: Option<&[u8]>) -> bool {
    let Some(path) = path else {
        return compared.rules.len() > 1 || seen.is_unchanged(compared.exchange);
    };
    // Redirects begin with a slash, even if the path does not.
    let bare = |path: &[u8]| {
        let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
        percent_encoded(path.strip_prefix(b"/").unwrap_or(path))
    };
    match first(&seen.client, "location") {
        Some(location) => bare(path_of_location(location)) == bare(path),
        None => seen.target().map(bare) == Some(bare(path)),
    }
}
