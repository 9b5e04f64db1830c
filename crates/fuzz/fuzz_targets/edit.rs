//! What `action: edit` of add-header-edit makes of header values is what the crate `regex` makes of them.
//!
//! A value stays as it is if it or the result is longer than 8 KiB, if it has more than 128 matches, if the result has a control
//! character, or if the searches could take too long. So no value becomes two, and no other header changes.
#![no_main]

use add_header_edit::AddHeader;
use arbitrary::Arbitrary;
use fuzz::regexes::{Node, OWN_STEPS, Part, STEPS, compile, expand, pick, replacement};
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use proxy_model::{Request, Response};
use regex::bytes::Regex;
use serde_json::json;

const NAMES: [&str; 3] = ["x-a", "set-cookie", "x-b"];

/// Texts of expressions and replacements.
const TEXTS: [&str; 12] = ["a", "b", ";", " ", "; ", "Path=", "\t", "=", "1", ",", "\u{e9}", "{"];

/// The bound on values, results, and matches in a value.
const LENGTH: usize = 8192;
const MATCHES: usize = 128;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    rules: Vec<Rule>,
    values: Vec<(u8, &'a [u8])>,
}

#[derive(Arbitrary, Debug)]
struct Rule {
    name: u8,
    regex: Node,
    replace: Vec<Part>,
    is_first: bool,
    drops_empty: bool,
}

/// A rule that the filter accepts.
struct Compiled<'a> {
    rule: &'a Rule,
    regex: Regex,
}

impl<'a> Compiled<'a> {
    fn of(rule: &'a Rule) -> Option<Self> {
        Some(Self { rule, regex: compile(&rule.regex.source(&TEXTS))? })
    }

    fn name(&self) -> &'static str {
        pick(&NAMES, self.rule.name)
    }

    fn configuration(&self) -> serde_json::Value {
        json!({
            "action": "edit",
            "name": self.name(),
            "regex": self.regex.as_str(),
            "replace": replacement(&self.rule.replace, &TEXTS, &self.regex),
            "occurrences": if self.rule.is_first { "first" } else { "all" },
            "drop_empty": self.rule.drops_empty,
        })
    }

    /// Returns how many matches are replaced in a value.
    fn matches(&self, value: &[u8]) -> usize {
        self.regex.find_iter(value).take(if self.rule.is_first { 1 } else { MATCHES + 1 }).count()
    }

    /// Returns the new value. `None` if it stays.
    fn edited(&self, value: &[u8]) -> Option<Vec<u8>> {
        let matches = self.matches(value);
        if value.len() > LENGTH || matches == 0 || matches > MATCHES {
            return None;
        }
        let made = self.regex.replacen(
            value,
            usize::from(self.rule.is_first),
            |found: &regex::bytes::Captures<'_>| {
                let parts = self.rule.replace.iter();
                parts.flat_map(|part| expand(part, &TEXTS, &self.regex, found)).collect::<Vec<u8>>()
            },
        );
        let is_fine = made.len() <= LENGTH && !made.iter().any(is_control);
        is_fine.then(|| trimmed(&made)).filter(|made| made != value)
    }

    /// Applies the rule to all headers. A host cannot write one value of several, so all are written.
    fn apply(&self, headers: &mut Vec<(&'static str, Vec<u8>)>) {
        let is_of = |(name, _): &(&str, Vec<u8>)| *name == self.name();
        let edits: Vec<_> = headers.iter().map(|pair| self.edited(&pair.1).filter(|_| is_of(pair))).collect();
        if edits.iter().all(Option::is_none) {
            return;
        }
        let (written, mut others): (Vec<_>, Vec<_>) =
            headers.drain(..).zip(edits).partition(|(pair, _)| is_of(pair));
        others.extend(written.into_iter().filter_map(|((name, value), edited)| match edited {
            Some(edited) if edited.is_empty() && self.rule.drops_empty => None,
            Some(edited) => Some(((name, edited), None)),
            None => {
                let spaced = value.iter().map(|byte| if is_control(byte) { b' ' } else { *byte });
                Some(((name, trimmed(&spaced.collect::<Vec<_>>())), None))
            }
        }));
        headers.extend(others.into_iter().map(|(pair, _)| pair));
    }
}

fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

fn trimmed(value: &[u8]) -> Vec<u8> {
    let is_space = |byte: &u8| b" \t".contains(byte);
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    value[start..end].to_vec()
}

fuzz_target!(|input: Input<'_>| {
    let rules: Option<Vec<_>> = input.rules.iter().take(3).map(Compiled::of).collect();
    let Some(rules) = rules.filter(|rules| !rules.is_empty()) else { return };
    let response: Vec<_> = rules.iter().map(Compiled::configuration).collect();
    // What is refused, the crate `regex` has refused before.
    let (proxy, plugin) =
        run::http::<AddHeader>(&json!({"response": response})).unwrap_or_else(|line| panic!("{line}"));
    let mut headers: Vec<_> =
        input.values.iter().map(|(name, value)| (pick(&NAMES, *name), value.to_vec())).collect();
    let sent =
        headers.iter().fold(Response::new(200), |response, (name, value)| response.header(name, value));
    let exchange = plugin.upstream(sent).send(0, &Request::get("/"));
    run::assert_framed(&proxy);
    let mut steps = 0_usize;
    for rule in &rules {
        let bytes: usize = headers.iter().map(|(_, value)| value.len() + 1).sum();
        let searches: usize = headers.iter().map(|(_, value)| rule.matches(value) + 1).sum();
        let per_byte = rule.rule.regex.steps(&TEXTS).saturating_add(OWN_STEPS);
        steps = steps.saturating_add(per_byte.saturating_mul(bytes).saturating_mul(searches));
        rule.apply(&mut headers);
    }
    let received: Vec<_> = exchange.response.headers.iter().filter(|(name, _)| !is_models(name)).collect();
    assert!(received.iter().all(|(name, _)| NAMES.iter().any(|known| known.as_bytes() == *name)));
    if steps > STEPS {
        return;
    }
    for name in NAMES {
        let expected: Vec<_> =
            headers.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.as_slice()).collect();
        let values: Vec<_> =
            received.iter().filter(|pair| pair.0 == name.as_bytes()).map(|pair| pair.1).collect();
        assert_eq!(values, expected, "{name}: {response:?}");
    }
});

/// Returns whether the model adds a header itself.
fn is_models(name: &[u8]) -> bool {
    [b":status".as_slice(), b"content-length"].contains(&name)
}
