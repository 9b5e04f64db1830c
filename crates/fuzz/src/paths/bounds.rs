//! The bounds on searches (path-rewrite's README): which paths a rule may refuse, whether or not it matches.

use super::rule::{Compiled, Framed, Pattern, Segment, segment_text};
use super::{LONGEST, PIECES, has_dots};
use crate::regexes::{OWN_STEPS, pick};

/// The most matches that are replaced in a path.
const MATCHES: usize = 128;

/// At least the steps that a group of [`Framed`] or a variable takes for one byte.
const GROUP: usize = 12;

impl Compiled<'_> {
    /// Returns at least as many steps as the rule takes for a path. `usize::MAX` if a bound other than that on steps may refuse
    /// the path.
    pub(super) fn steps(&self, path: &[u8]) -> usize {
        let (per_byte, bytes) = match &self.rule.pattern {
            Pattern::Prefix(..) | Pattern::Exact(..) => return 0,
            Pattern::Template(segments, _) => {
                let texts = segments.iter().map(|segment| match segment {
                    Segment::Text(number) => Some(format!("/{}", segment_text(*number))),
                    Segment::Variable(_) => None,
                });
                let Some(per_byte) = framed("/a", texts, path) else { return 0 };
                // The first search is for variables that are `.` or `..`.
                (per_byte, path.len() * if has_dots(path) { 2 } else { 1 })
            }
            Pattern::Regex { regex, is_first, .. } => {
                let Some(bytes) = self.searched(*is_first, path) else { return usize::MAX };
                (regex.steps(&PIECES).saturating_add(OWN_STEPS), bytes)
            }
            Pattern::Framed(parts, _) => {
                let texts = parts.iter().map(|part| match part {
                    Framed::Text(number) => Some(pick(&PIECES, *number).to_owned()),
                    Framed::Group(_) => None,
                });
                let Some(per_byte) = framed("/", texts, path) else { return 0 };
                (per_byte, path.len())
            }
        };
        if path.len() > LONGEST { usize::MAX } else { per_byte.saturating_mul(bytes) }
    }

    /// Returns how many bytes the searches for all matches read at most. `None` if there are too many matches.
    fn searched(&self, is_first: bool, path: &[u8]) -> Option<usize> {
        if is_first {
            return Some(path.len());
        }
        let ends: Vec<_> = self.regex().find_iter(path).take(MATCHES + 1).map(|found| found.end()).collect();
        let rests = ends.iter().map(|end| path.len() - end);
        (ends.len() <= MATCHES).then(|| path.len() + rests.sum::<usize>())
    }
}

/// Returns the steps for one byte of a regular expression from `^` to `$`, of texts and, where they are `None`, groups. `None` if
/// the path does not begin with the texts before the first group: then there is no search.
fn framed(start: &str, texts: impl Iterator<Item = Option<String>>, path: &[u8]) -> Option<usize> {
    let texts: Vec<_> = std::iter::once(Some(start.to_owned())).chain(texts).collect();
    let literal: String = texts.iter().map_while(Option::as_deref).collect();
    let steps = texts.iter().map(|text| text.as_ref().map_or(GROUP, String::len)).sum::<usize>();
    path.starts_with(literal.as_bytes()).then_some(steps + OWN_STEPS + 2)
}
