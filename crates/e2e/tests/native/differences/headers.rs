//! Differences between add-header and Envoy's ways to change headers.

use proxy_filter_test::Headers;

use crate::differences::Compared;
use crate::exchange::Exchange;
use crate::seen::Seen;
use crate::subject::Rule;

/// Returns whether the values differ in white space only. Envoy joins values of some headers, so it may be in the middle.
pub(crate) fn white_space(compared: &Compared<'_>) -> bool {
    is_about_headers(compared) && without_white_space(&compared.native) == without_white_space(&compared.ours)
}

/// Returns whether only headers differ that a rule writes whose value is commands that read an empty header. One side has an
/// empty value there, unless another rule writes the same header.
pub(crate) fn empty_values(compared: &Compared<'_>) -> bool {
    let rules = || compared.rules.iter().filter(|rule| rule.ours["value"].is_string());
    let from_empty: Vec<_> =
        rules().filter(|rule| reads_empty(rule, compared.exchange)).map(Written::new).collect();
    let is_plain = |written: &Written| {
        let is_only = rules().filter(|rule| Written::new(rule) == *written).count() == 1;
        // Envoy joins white space to a value that is there, and ours joins nothing.
        !is_only || [&compared.ours, &compared.native].iter().any(|seen| written.has_empty_value(seen))
    };
    let differs = |written: &&Written| written.values(&compared.ours) != written.values(&compared.native);
    let others = |seen: &Seen| {
        let mut seen = without_white_space(seen);
        from_empty.iter().for_each(|written| written.remove(&mut seen));
        seen
    };
    is_about_headers(compared)
        && others(&compared.native) == others(&compared.ours)
        && from_empty.iter().filter(differs).all(is_plain)
}

/// Returns whether the value of a rule without a default names a header that is empty.
fn reads_empty(rule: &Rule, exchange: &Exchange) -> bool {
    let Some(value) = rule.ours["value"].as_str().filter(|_| rule.ours["default"].is_null()) else {
        return false;
    };
    let commands = [("%REQ(", &exchange.request.headers), ("%RESP(", &exchange.answer.headers)];
    let reads = |(command, headers): (&str, &Headers)| {
        let arguments = value.split(command).skip(1).filter_map(|rest| rest.split(')').next());
        let is_empty = |name: &str| {
            headers.iter().any(|(other, value)| other == name.as_bytes() && value.trim_ascii().is_empty())
        };
        arguments.flat_map(|names| names.split('?')).any(is_empty)
    };
    commands.into_iter().any(reads)
}

/// A header that a rule writes.
#[derive(PartialEq, Eq)]
struct Written {
    /// It is the client that receives it.
    in_response: bool,
    name: String,
}

impl Written {
    fn new(rule: &Rule) -> Self {
        let prefix = if rule.kind.ends_with("trailers") { "trailer " } else { "" };
        let name = rule.ours["name"].as_str().unwrap_or_default();
        Self { in_response: rule.kind.starts_with("response"), name: format!("{prefix}{name}") }
    }

    fn values<'a>(&self, seen: &'a Seen) -> Option<&'a Vec<Vec<u8>>> {
        let received = if self.in_response { Some(&seen.client) } else { seen.upstream.as_ref() };
        received.and_then(|received| received.get(&self.name))
    }

    /// Envoy joins values of some headers with commas.
    fn has_empty_value(&self, seen: &Seen) -> bool {
        let mut values = self.values(seen).into_iter().flatten();
        values.any(|value| value.split(|byte| *byte == b',').any(|part| part.trim_ascii().is_empty()))
    }

    fn remove(&self, seen: &mut Seen) {
        let received = if self.in_response { Some(&mut seen.client) } else { seen.upstream.as_mut() };
        if let Some(received) = received {
            received.remove(&self.name);
        }
    }
}

fn is_about_headers(compared: &Compared<'_>) -> bool {
    compared.subject.starts_with("headers")
}

fn without_white_space(seen: &Seen) -> Seen {
    seen.clone().map(|value| value.iter().copied().filter(|byte| !b" \t".contains(byte)).collect())
}
