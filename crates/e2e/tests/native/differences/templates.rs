//! Differences between path-rewrite's templates and Envoy's.

use regex::bytes::NoExpand;

use super::regexes::compiled;
use crate::differences::Compared;
use crate::paths::may_be_misread;
use crate::subject::Rule;

/// Returns whether the first rule that matches is a template with a variable for bytes that variables of Envoy's do not match: ours
/// has the path that it makes, and Envoy's is unchanged, unless another of its rules matches.
pub(crate) fn any_segment(compared: &Compared<'_>) -> bool {
    let path = compared.exchange.path();
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@".contains(byte);
    let first =
        |is_allowed: fn(&u8) -> bool| compared.rules.iter().position(|rule| matches(rule, path, is_allowed));
    let (ours, native) = (first(|_| true), first(is_allowed));
    let Some(rule) = ours.filter(|_| ours != native).and_then(|index| compared.rules.get(index)) else {
        return false;
    };
    let Some(new) = replaced(rule, path) else { return false };
    let query = compared.exchange.target().get(path.len()..).unwrap_or_default();
    let passes = may_be_misread(&new) && compared.ours.is_unchanged(compared.exchange);
    (passes || compared.ours.target() == Some([new.as_slice(), query].concat().as_slice()))
        && (native.is_some() || compared.native.is_unchanged(compared.exchange))
}

/// Returns whether a rule matches a path, if variables match such bytes.
fn matches(rule: &Rule, path: &[u8], is_allowed: fn(&u8) -> bool) -> bool {
    let ignores_case = rule.ours["case_insensitive"] == true;
    let equals = |path: &[u8], other: &str| match ignores_case {
        true => path.eq_ignore_ascii_case(other.as_bytes()),
        false => path == other.as_bytes(),
    };
    let field = |name: &str| rule.ours[name].as_str();
    if let Some(template) = field("template") {
        let (parts, segments) = (template.split('/'), path.split(|byte| *byte == b'/'));
        let matches = |(part, segment): (&str, &[u8])| match part.starts_with('{') {
            true => !segment.is_empty() && segment.iter().all(is_allowed),
            false => segment == part.as_bytes(),
        };
        return parts.clone().count() == segments.clone().count() && parts.zip(segments).all(matches);
    }
    if let Some(prefix) = field("prefix") {
        let (begins, rest) = path.split_at_checked(prefix.len()).unwrap_or((b"", b"x"));
        return equals(begins, prefix) && (rest.is_empty() || rest.starts_with(b"/"));
    }
    field("exact").is_some_and(|exact| equals(path, exact))
        || field("regex").and_then(compiled).is_some_and(|regex| regex.is_match(path))
}

/// Returns the path that a template makes.
fn replaced(rule: &Rule, path: &[u8]) -> Option<Vec<u8>> {
    let mut new = rule.ours["replace"].as_str()?.as_bytes().to_vec();
    let parts = rule.ours["template"].as_str()?.split('/');
    for (part, segment) in parts.zip(path.split(|byte| *byte == b'/')) {
        if part.starts_with('{') {
            let variable = compiled(&regex::escape(part))?;
            new = variable.replace_all(&new, NoExpand(segment)).into_owned();
        }
    }
    Some(new)
}
