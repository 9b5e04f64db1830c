//! Regexes whose groups are framed by literal text.

use std::slice;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use regex_replace::Part;

/// A regex that matches whole paths, of literal text and groups.
pub(super) struct Frame {
    pub(super) parts: Vec<Part>,
    /// The bytes that each group can match, from group 1 on.
    pub(super) groups: Vec<Bytes>,
}

/// A set of bytes, as ranges.
pub(super) struct Bytes(Vec<(u8, u8)>);

impl Bytes {
    /// Every byte.
    pub(super) fn all() -> Self {
        Self(vec![(0, u8::MAX)])
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&byte))
    }

    /// Adds the bytes that an expression can match.
    fn add(&mut self, expression: &Hir) {
        match expression.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.0.extend(literal.0.iter().map(|byte| (*byte, *byte))),
            HirKind::Class(Class::Bytes(class)) => {
                self.0.extend(class.ranges().iter().map(|range| (range.start(), range.end())));
            }
            HirKind::Class(Class::Unicode(_)) => *self = Self::all(),
            HirKind::Repetition(repetition) => self.add(&repetition.sub),
            HirKind::Capture(group) => self.add(&group.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().for_each(|part| self.add(part));
            }
        }
    }
}

impl Frame {
    /// Parses a valid regex.
    ///
    /// # Errors
    /// It is not literal text and groups from `^` to `$`. The error says how to fix it.
    pub(super) fn parse(regex: &str) -> Result<Self, &'static str> {
        const NO_ANCHORS: &str = "begin `regex` with `^` and end it with `$`";
        // The regex has compiled before, with these options.
        let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
        let parsed = parsed.map_err(|_| NO_ANCHORS)?;
        let items = match parsed.kind() {
            HirKind::Concat(items) => items.as_slice(),
            _ => slice::from_ref(&parsed),
        };
        let [start, items @ .., end] = items else { return Err(NO_ANCHORS) };
        if (start.kind(), end.kind()) != (&HirKind::Look(Look::Start), &HirKind::Look(Look::End)) {
            return Err(NO_ANCHORS);
        }
        let (mut parts, mut groups) = (Vec::new(), Vec::new());
        for item in items {
            parts.push(match item.kind() {
                HirKind::Literal(literal) => Part::Text(literal.0.to_vec()),
                HirKind::Capture(group) if group.sub.properties().explicit_captures_len() > 0 => {
                    return Err("a group of `regex` contains another: write the inner one as `(?:...)`");
                }
                HirKind::Capture(group) => {
                    let mut bytes = Bytes(Vec::new());
                    bytes.add(&group.sub);
                    groups.push(bytes);
                    Part::Group(groups.len())
                }
                _ => {
                    return Err(
                        "outside its groups, `regex` must be literal text: put the rest into groups, and use \
                         them in `replace`",
                    );
                }
            });
        }
        Ok(Self { parts, groups })
    }
}
