//! The inverse of a rule: finds the path that the rule made another path of.
//!
//! A rule with an inverse makes paths of literal text and parts of the client's path, which are called groups here: the
//! groups of a regex, the variables of a template, what follows a prefix. [`Inverse::of`] refuses rules for which the groups
//! cannot be found in the result in one way only. So at most one path leads to a result, but what is found need not be one
//! that the rule matches: callers apply the rule to it and compare.

mod authority;
mod below;
mod derive;
mod frame;
#[cfg(test)]
mod tests;
mod undoable;

pub(crate) use authority::{Authority, Hosts};
pub(crate) use undoable::{Applied, Origin, Undoable};

use regex_replace::Part;

use below::{Below, Then};

/// The inverse of a rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Inverse {
    /// Beginning of the paths that the rule makes: text, each after a group that ends where the text begins.
    before: Vec<(Option<usize>, Vec<u8>)>,
    /// The group between beginning and end, which may have any bytes.
    between: Option<usize>,
    /// The end, from the last part to the first: text, each before a group that begins where the text ends.
    after: Vec<(Option<usize>, Vec<u8>)>,
    /// The path that the rule matches.
    matched: Vec<Part>,
    /// How the paths below one that the rule makes follow from those below the one that it is made of. `None` if they do not.
    below: Option<Below>,
    /// The parameters that the rule adds to the query.
    pub(crate) added: Vec<u8>,
    /// Hosts of backends.
    pub(crate) hosts: Vec<Authority>,
}

impl Inverse {
    /// Returns whether the rule makes what is below `made` of what is below `undone`, and of nothing else.
    pub(crate) fn keeps_below(&self, made: &[u8], undone: &[u8]) -> bool {
        self.below.is_some_and(|below| below.is_kept(made, undone))
    }

    /// Returns whether a path that the rule does not make is above all that it makes and matches, or above none of it.
    pub(crate) fn leaves_below(&self, path: &[u8]) -> bool {
        let is_alone = self.before.len() == 1 && self.between.is_none() && self.after.is_empty();
        let made = match self.before.first() {
            Some((None, text)) => (text.as_slice(), is_alone),
            _ => (b"".as_slice(), false),
        };
        let matched = match self.matched.as_slice() {
            [Part::Text(text), rest @ ..] => (text.as_slice(), rest.is_empty()),
            _ => (b"".as_slice(), false),
        };
        let [made, matched] = [made, matched].map(|(text, is_whole)| {
            let then = match is_whole {
                true => Then::Nothing,
                false if self.below == Some(Below::Segments) => Then::Segments,
                false => Then::Anything,
            };
            then.is_below(text, path)
        });
        made.is_some() && made == matched
    }

    /// Returns the only path that the rule could have made this one of.
    pub(crate) fn undo(&self, path: &[u8]) -> Option<Vec<u8>> {
        let groups = self.groups(path)?;
        let mut undone = Vec::new();
        for part in &self.matched {
            undone.extend_from_slice(match part {
                Part::Text(text) => text,
                Part::Group(index) => groups.iter().find(|(group, _)| group == index)?.1,
            });
        }
        Some(undone)
    }

    /// Finds the groups in a path.
    fn groups<'a>(&self, path: &'a [u8]) -> Option<Vec<(usize, &'a [u8])>> {
        let (mut groups, mut rest) = (Vec::new(), path);
        for (group, text) in &self.before {
            let end = match group {
                Some(_) => rest.iter().position(|byte| text.first() == Some(byte))?,
                None => 0,
            };
            let (found, from_text) = rest.split_at_checked(end)?;
            groups.extend(group.map(|group| (group, found)));
            rest = from_text.strip_prefix(text.as_slice())?;
        }
        for (group, text) in &self.after {
            let start = match group {
                Some(_) => rest.iter().rposition(|byte| text.last() == Some(byte))?.saturating_add(1),
                None => rest.len(),
            };
            let (to_text, found) = rest.split_at_checked(start)?;
            groups.extend(group.map(|group| (group, found)));
            rest = to_text.strip_suffix(text.as_slice())?;
        }
        match self.between {
            Some(group) => groups.push((group, rest)),
            None if rest.is_empty() => {}
            None => return None,
        }
        Some(groups)
    }
}
