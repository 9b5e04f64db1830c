//! Rules.

use arbitrary::Arbitrary;
use regex::bytes::Regex;
use serde_json::{Value, json};

use super::readings::{encoded, escapes, has_dots};
use super::{PIECES, path, split};
use crate::regexes::{Node, Part, compile, expand, pick, replacement};

/// Queries of replacements.
const QUERIES: [&str; 5] = ["", "?q=1", "?", "?q=1&r=/../b", "?a"];

/// Texts in replacements of regular expressions.
const TEXTS: [&str; 12] = ["/", "a", "new", "..", "?q=", "-", "/a/", "%2f", ".", "b", "&", "%41"];

/// Groups of regular expressions that can be undone.
const GROUPS: [&str; 6] = ["(.*)", "([^/]+)", "([^a]*)", "([a-z]+)", "([0-9]*)", "(/.*)"];

#[derive(Arbitrary, Debug)]
pub struct Rule {
    pub pattern: Pattern,
    pub query: u8,
    pub ignores_case: bool,
    pub continues: bool,
    /// Whether the replacement of a prefix or an exact path ends with a value of the request.
    pub has_value: bool,
}

#[derive(Arbitrary, Debug)]
pub enum Pattern {
    Prefix(Vec<u8>, Vec<u8>),
    Exact(Vec<u8>, Vec<u8>),
    Template(Vec<Segment>, Vec<Segment>),
    Regex { regex: Node, replace: Vec<Part>, is_first: bool },
    Framed(Vec<Framed>, Vec<Part>),
}

/// A segment of a template.
#[derive(Arbitrary, Debug)]
pub enum Segment {
    Text(u8),
    Variable(u8),
}

/// A part of a regular expression from `^` to `$`.
#[derive(Arbitrary, Debug)]
pub enum Framed {
    Text(u8),
    Group(u8),
}

/// A rule with its regular expression, if it has one.
pub struct Compiled<'a> {
    pub rule: &'a Rule,
    regex: Option<Regex>,
}

/// What a rule makes of a path.
pub struct Made {
    /// The new path, with the rule's own query.
    pub path: Vec<u8>,
    /// Whether it cannot be safe.
    pub is_unsafe: bool,
}

impl<'a> Compiled<'a> {
    /// `None` if the regular expression is none.
    pub fn of(rule: &'a Rule) -> Option<Self> {
        let source = match &rule.pattern {
            Pattern::Regex { regex, .. } => Some(regex.source(&PIECES)),
            Pattern::Framed(parts, _) => {
                let part = |part: &Framed| match part {
                    Framed::Text(number) => regex::escape(pick(&PIECES, *number)),
                    Framed::Group(number) => pick(&GROUPS, *number).into(),
                };
                Some(format!("^/{}$", parts.iter().map(part).collect::<String>()))
            }
            _ => None,
        };
        let regex = match source {
            Some(source) => Some(compile(&source)?),
            None => None,
        };
        Some(Self { rule, regex })
    }

    /// Returns the beginning of paths that the rule may match.
    pub fn example(&self) -> String {
        match &self.rule.pattern {
            Pattern::Prefix(from, _) | Pattern::Exact(from, _) => path(from),
            Pattern::Template(from, _) => {
                let segment = |segment: &Segment| match segment {
                    Segment::Text(number) => segment_text(*number),
                    Segment::Variable(_) => "b".into(),
                };
                from.iter().fold("/a".to_owned(), |path, it| format!("{path}/{}", segment(it)))
            }
            Pattern::Regex { .. } => "/".into(),
            Pattern::Framed(parts, _) => {
                let part = |part: &Framed| match part {
                    Framed::Text(number) => pick(&PIECES, *number),
                    Framed::Group(number) => pick(&["b", "b", "b", "b", "1", "/b"], *number),
                };
                std::iter::once("/").chain(parts.iter().map(part)).collect()
            }
        }
    }

    fn query(&self) -> &'static str {
        pick(&QUERIES, self.rule.query)
    }

    fn has_value(&self) -> bool {
        self.rule.has_value && matches!(self.rule.pattern, Pattern::Prefix(..) | Pattern::Exact(..))
    }

    /// The replacement of a prefix or an exact path, up to the query.
    fn literal(&self, to: &[u8], value: &str) -> String {
        let to = path(to);
        if self.has_value() { format!("{to}/{value}") } else { to }
    }

    /// The rule as JSON, without what a redirect or an inverse adds.
    pub fn configuration(&self) -> Value {
        let mut fields = match &self.rule.pattern {
            Pattern::Prefix(from, to) => {
                json!({"prefix": path(from), "replace": self.literal(to, "%REQ(x-v)%") + self.query()})
            }
            Pattern::Exact(from, to) => {
                json!({"exact": path(from), "replace": self.literal(to, "%REQ(x-v)%") + self.query()})
            }
            Pattern::Template(from, to) => {
                let written = |segment: &Segment| match segment {
                    Segment::Text(number) => segment_text(*number),
                    Segment::Variable(number) => format!("{{v{}}}", number % 4),
                };
                let written = |segments: &[Segment]| {
                    segments.iter().map(|segment| format!("/{}", written(segment))).collect::<String>()
                };
                json!({"template": format!("/a{}", written(from)), "replace": format!("/new{}", written(to)) + self.query()})
            }
            Pattern::Regex { replace, is_first, .. } => json!({
                "regex": self.regex().as_str(),
                "replace": replacement(replace, &TEXTS, self.regex()),
                "occurrences": if *is_first { "first" } else { "all" },
            }),
            Pattern::Framed(_, replace) => json!({
                "regex": self.regex().as_str(),
                "replace": format!("/{}", replacement(replace, &TEXTS, self.regex())),
            }),
        };
        if self.rule.ignores_case && matches!(self.rule.pattern, Pattern::Prefix(..) | Pattern::Exact(..)) {
            fields["case_insensitive"] = true.into();
        }
        fields
    }

    pub(super) fn regex(&self) -> &Regex {
        self.regex.as_ref().expect("the pattern has one")
    }

    /// Returns what the rule makes of a path without a query. `None` if it does not apply. `value` is that of the request.
    pub fn apply(&self, from: &[u8], value: Option<&[u8]>) -> Option<Made> {
        match &self.rule.pattern {
            Pattern::Prefix(prefix, to) => {
                let prefix = path(prefix);
                let rest = self.strip(from, prefix.trim_end_matches('/'))?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let (to, is_unsafe) = self.rendered(to, value)?;
                let to = to.trim_end_matches('/').as_bytes();
                let root = if to.is_empty() && rest.is_empty() { "/" } else { "" };
                let made = [to, rest, root.as_bytes()].concat();
                let is_unsafe = is_unsafe || escapes(&made, &[to, b"/"].concat());
                Some(Made { path: [&made, self.query().as_bytes()].concat(), is_unsafe })
            }
            Pattern::Exact(exact, to) => {
                self.strip(from, &path(exact)).filter(|rest| rest.is_empty())?;
                let (to, is_unsafe) = self.rendered(to, value)?;
                Some(Made { path: (to + self.query()).into_bytes(), is_unsafe })
            }
            Pattern::Template(template, to) => self.templated(template, to, from),
            Pattern::Regex { replace, is_first, .. } => self.replaced(b"", replace, *is_first, from),
            Pattern::Framed(_, replace) => self.replaced(b"/", replace, true, from),
        }
    }

    fn strip<'b>(&self, from: &'b [u8], prefix: &str) -> Option<&'b [u8]> {
        let (start, rest) = from.split_at_checked(prefix.len())?;
        let is_equal = if self.rule.ignores_case {
            start.eq_ignore_ascii_case(prefix.as_bytes())
        } else {
            start == prefix.as_bytes()
        };
        is_equal.then_some(rest)
    }

    /// The replacement of a prefix or an exact path for a request, up to the query.
    fn rendered(&self, to: &[u8], value: Option<&[u8]>) -> Option<(String, bool)> {
        let value = match self.has_value() {
            true => value.filter(|value| !value.is_empty())?,
            false => b"",
        };
        let value = encoded(value, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        Some((self.literal(to, &String::from_utf8(value.clone()).expect("it is encoded")), has_dots(&value)))
    }

    fn templated(&self, template: &[Segment], to: &[Segment], from: &[u8]) -> Option<Made> {
        let mut found = from.split(|byte| *byte == b'/').skip(1);
        let mut variables = Vec::new();
        let text = |number: &u8| segment_text(*number);
        if !from.starts_with(b"/") || found.next()? != b"a" {
            return None;
        }
        for segment in template {
            match (segment, found.next()?) {
                (Segment::Text(number), given) => (given == text(number).as_bytes()).then_some(())?,
                (Segment::Variable(_), b"") => return None,
                (Segment::Variable(number), given) => variables.push((number % 4, given)),
            }
        }
        if found.next().is_some() {
            return None;
        }
        let mut made = b"/new".to_vec();
        let mut place = None;
        for segment in to {
            made.push(b'/');
            match segment {
                Segment::Text(number) => made.extend_from_slice(text(number).as_bytes()),
                Segment::Variable(wanted) => {
                    place.get_or_insert(made.clone());
                    made.extend_from_slice(variables.iter().find(|(number, _)| *number == wanted % 4)?.1);
                }
            }
        }
        let is_unsafe = variables.iter().any(|(_, given)| has_dots(given))
            || place.is_some_and(|place| escapes(&made, &place));
        made.extend_from_slice(self.query().as_bytes());
        Some(Made { path: made, is_unsafe })
    }

    /// Replaces the matches, or the first, each by `before` and the parts. `None` if there are none.
    fn replaced(&self, before: &[u8], parts: &[Part], is_first: bool, from: &[u8]) -> Option<Made> {
        let (mut made, mut copied, mut matches, mut place) = (Vec::new(), 0, 0, None);
        let most = if is_first { 1 } else { usize::MAX };
        let mut is_in_query = false;
        let client = |made: &mut Vec<u8>, bytes: &[u8], is_in_query: bool| {
            made.extend(encoded(bytes, |byte| !is_in_query || !b"&=+;".contains(&byte)));
        };
        for found in self.regex().captures_iter(from).take(most) {
            let whole = found.get(0).expect("the whole match");
            client(&mut made, &from[copied..whole.start()], is_in_query);
            made.extend_from_slice(before);
            for part in parts {
                let bytes = expand(part, &TEXTS, self.regex(), &found);
                match part {
                    Part::Group(_) => {
                        place.get_or_insert(made.len());
                        client(&mut made, &bytes, is_in_query);
                    }
                    Part::Text(_) | Part::Dollar => {
                        is_in_query |= bytes.contains(&b'?');
                        made.extend_from_slice(&bytes);
                    }
                }
            }
            if whole.start() > 0 && matches == 0 {
                place = Some(0);
            }
            place.get_or_insert(made.len());
            copied = whole.end();
            matches += 1;
        }
        client(&mut made, &from[copied..], is_in_query);
        let (path, _) = split(&made);
        let literal = &path[..place?.min(path.len())];
        let directory = literal.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let is_unsafe = escapes(path, &literal[..directory]);
        Some(Made { path: made, is_unsafe })
    }
}

/// A segment of a template: a piece without slashes.
pub(super) fn segment_text(number: u8) -> String {
    pick(&PIECES, number).replace('/', "s")
}
