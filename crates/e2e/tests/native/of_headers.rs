//! Differences between add-header and Envoy's ways to change headers.

use crate::differences::Compared;
use crate::seen::Seen;

/// Returns whether the values differ in white space only. Envoy joins values of some headers, so it may be in the middle.
pub(crate) fn white_space(compared: &Compared<'_>) -> bool {
    is_about_headers(compared) && without_white_space(&compared.native) == without_white_space(&compared.ours)
}

/// Returns whether only headers differ whose value is one command that reads an empty value.
pub(crate) fn empty_values(compared: &Compared<'_>) -> bool {
    let headers = [&compared.exchange.request.headers, &compared.exchange.answer.headers];
    let has_empty =
        headers.iter().any(|headers| headers.iter().any(|(_, value)| value.trim_ascii().is_empty()));
    let is_command = |value: &str| value.replace("%%", "").contains('%');
    let names: Vec<_> = compared
        .rules
        .iter()
        .filter(|rule| rule.ours["default"].is_null() && rule.ours["value"].as_str().is_some_and(is_command))
        .filter_map(|rule| rule.ours["name"].as_str())
        .collect();
    let others = |seen: &Seen| {
        let mut seen = without_white_space(seen);
        for received in seen.upstream.iter_mut().chain([&mut seen.client]) {
            received.retain(|name, _| !names.contains(&name.trim_start_matches("trailer ")));
        }
        seen
    };
    is_about_headers(compared) && has_empty && others(&compared.native) == others(&compared.ours)
}

fn is_about_headers(compared: &Compared<'_>) -> bool {
    compared.subject.starts_with("headers")
}

fn without_white_space(seen: &Seen) -> Seen {
    seen.clone().map(|value| value.iter().copied().filter(|byte| !b" \t".contains(byte)).collect())
}
