//! The paths below one that a rule makes, as cookies mean them (RFC 6265, section 5.1.4): those that go on with a slash or, after a
//! slash, with anything.

use regex_replace::Part;

use super::frame::Bytes;

/// What follows the paths that a rule makes, and those that it makes them of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Below {
    /// The same on both sides: nothing, or a slash and more.
    Segments,
    /// The same on both sides: more of the group at the end.
    More,
    /// Nothing that has a slash. Whether a group, which may go on, is at the end of what the rule makes, and of what it matches.
    NoSlash { made: bool, matched: bool },
}

impl Below {
    /// Finds what follows for a rule that makes paths of these parts. `is_same` tells whether the same group, which may have any bytes,
    /// is at the end of both. `None` if other paths follow.
    pub(super) fn of(made: &[Part], matched: &[Part], groups: &[Bytes], is_same: bool) -> Option<Self> {
        let ends_with_group = |parts: &[Part]| matches!(parts.last(), Some(Part::Group(_)));
        match is_same {
            true => Some(Self::More),
            false if groups.iter().any(|group| group.contains(b'/')) => None,
            false => Some(Self::NoSlash { made: ends_with_group(made), matched: ends_with_group(matched) }),
        }
    }

    /// Returns whether what is below `made` comes from what is below `undone`, and from nothing else.
    pub(crate) fn is_kept(self, made: &[u8], undone: &[u8]) -> bool {
        let [made_is_open, undone_is_open] = [made, undone].map(|path| path.ends_with(b"/"));
        match self {
            Self::Segments => true,
            Self::More => made_is_open == undone_is_open,
            Self::NoSlash { made, matched } => !(made && made_is_open || matched && undone_is_open),
        }
    }
}
