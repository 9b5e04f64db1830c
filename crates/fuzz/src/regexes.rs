//! Regular expressions and replacements, with what they should do.

use arbitrary::Arbitrary;
use regex::bytes::{Captures, Regex, RegexBuilder};

/// The most steps that all searches for one message may take (`crates/regex-replace/src/budget.rs`).
pub const STEPS: usize = 1 << 19;

/// At least the steps that every search takes for one byte, besides those for the expression.
pub const OWN_STEPS: usize = 8;

/// The most bytes of a compiled expression (`crates/regex-replace/src/compile.rs`).
const SIZE: usize = 256 * 1024;

/// Classes of bytes, none of which has more than four ranges.
const CLASSES: [&str; 8] = [".", "[^/]", "[a-z]", "[0-9]", "[^a]", "[/;=]", "[^;,]", "(?s:.)"];

/// What follows an expression that is repeated.
const REPEATED: [&str; 8] = ["*", "+", "?", "*?", "+?", "{2}", "{0,2}", "{2,}"];

/// What matches between two bytes.
const EDGES: [&str; 5] = ["^", "$", "\\b", "\\B", "(?m)$"];

/// A regular expression.
#[derive(Arbitrary, Debug)]
pub enum Node {
    Text(u8),
    Class(u8),
    Edge(u8),
    Group(Box<Node>),
    Both(Box<Node>, Box<Node>),
    Either(Box<Node>, Box<Node>),
    Repeated(Box<Node>, u8),
}

/// Picks by number.
pub fn pick<'a>(from: &[&'a str], number: u8) -> &'a str {
    from[usize::from(number) % from.len()]
}

impl Node {
    /// Writes the expression. Its texts are from `texts`.
    pub fn source(&self, texts: &[&str]) -> String {
        let source = |node: &Self| node.source(texts);
        match self {
            Self::Text(number) => regex::escape(pick(texts, *number)),
            Self::Class(number) => pick(&CLASSES, *number).into(),
            Self::Edge(number) => pick(&EDGES, *number).into(),
            Self::Group(inner) => format!("({})", source(inner)),
            Self::Both(one, other) => format!("{}{}", source(one), source(other)),
            Self::Either(one, other) => format!("(?:{}|{})", source(one), source(other)),
            Self::Repeated(inner, number) => format!("(?:{}){}", source(inner), pick(&REPEATED, *number)),
        }
    }

    /// Returns at least as many steps as the expression takes for one byte: one for each byte of a text and each range of a
    /// class, and four for each choice (path-rewrite's README). Its texts are from `texts`.
    pub fn steps(&self, texts: &[&str]) -> usize {
        let steps = |node: &Self| node.steps(texts);
        match self {
            Self::Text(number) => pick(texts, *number).len(),
            Self::Class(_) => 4,
            Self::Edge(_) => 1,
            Self::Group(inner) => steps(inner).saturating_add(2),
            Self::Both(one, other) => steps(one).saturating_add(steps(other)),
            Self::Either(one, other) => steps(one).saturating_add(steps(other)).saturating_add(8),
            Self::Repeated(inner, number) => {
                let times = if pick(&REPEATED, *number).contains('2') { 2 } else { 1 };
                steps(inner).saturating_mul(times).saturating_add(8)
            }
        }
    }
}

/// Compiles an expression as the filters do.
pub fn compile(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).unicode(false).size_limit(SIZE).build().ok()
}

/// A part of a replacement.
#[derive(Arbitrary, Debug)]
pub enum Part {
    Text(u8),
    Group(u8),
    Dollar,
}

/// Writes a replacement. Its texts are from `texts`.
pub fn replacement(parts: &[Part], texts: &[&str], regex: &Regex) -> String {
    let part = |part: &Part| match part {
        Part::Text(number) => pick(texts, *number).to_owned(),
        Part::Group(number) => format!("${{{}}}", group(*number, regex)),
        Part::Dollar => "$$".into(),
    };
    parts.iter().map(part).collect()
}

/// Returns what a part of a replacement is for a match.
pub fn expand(part: &Part, texts: &[&str], regex: &Regex, found: &Captures<'_>) -> Vec<u8> {
    match part {
        Part::Text(number) => pick(texts, *number).into(),
        Part::Group(number) => found.get(group(*number, regex)).map_or(Vec::new(), |it| it.as_bytes().into()),
        Part::Dollar => b"$".to_vec(),
    }
}

fn group(number: u8, regex: &Regex) -> usize {
    usize::from(number) % regex.captures_len()
}
