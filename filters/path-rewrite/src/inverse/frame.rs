//! Regexes whose groups are framed by literal text.

use std::slice;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use regex_replace::Part;

/// A regex that matches whole paths, of literal text and groups.
pub(super) struct Frame {
    pub(super) parts: Vec<Part>,
    /// The groups, from group 1 on.
    pub(super) groups: Vec<Group>,
}

/// What a group can match.
pub(super) struct Group {
    /// The bytes, as ranges.
    bytes: Vec<(u8, u8)>,
    /// The byte with which it always begins.
    pub(super) begins: Option<u8>,
}

impl Group {
    /// A group that matches anything.
    pub(super) fn any() -> Self {
        Self { bytes: vec![(0, u8::MAX)], begins: None }
    }

    fn of(expression: &Hir) -> Self {
        let first = match expression.kind() {
            HirKind::Concat(parts) => parts.first().map(Hir::kind),
            kind => Some(kind),
        };
        let begins = match first {
            Some(HirKind::Literal(literal)) => literal.0.first().copied(),
            _ => None,
        };
        let mut group = Self { bytes: Vec::new(), begins };
        group.add(expression);
        group
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.bytes.iter().any(|(first, last)| (*first..=*last).contains(&byte))
    }

    /// Adds the bytes that an expression can match.
    fn add(&mut self, expression: &Hir) {
        match expression.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.bytes.extend(literal.0.iter().map(|byte| (*byte, *byte))),
            HirKind::Class(Class::Bytes(class)) => {
                self.bytes.extend(class.ranges().iter().map(|range| (range.start(), range.end())));
            }
            HirKind::Class(Class::Unicode(_)) => self.bytes = Self::any().bytes,
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
                    groups.push(Group::of(&group.sub));
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
