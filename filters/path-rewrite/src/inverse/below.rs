//! Which paths are below a path, as cookies mean it (RFC 6265, section 5.1.4): those that go on with a slash or, if it ends in one,
//! with anything.

use regex_replace::Part;

use super::frame::Group;

/// How the paths that a rule makes go on, and with them those that it makes them of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Below {
    /// Alike: not at all, or with a slash and more.
    Segments,
    /// Alike: with more of the group at the end of both.
    Group,
    /// With nothing that has a slash. Each flag tells whether that side ends in a group, which could go on.
    NoSlash { made_ends_in_group: bool, matched_ends_in_group: bool },
}

impl Below {
    /// Finds how paths of these parts go on. `ends_alike` tells whether both sides end in the same group, which is nowhere else. `None` if
    /// they go on differently.
    pub(super) fn of(made: &[Part], matched: &[Part], groups: &[Group], ends_alike: bool) -> Option<Self> {
        let ends_in_group = |parts: &[Part]| matches!(parts.last(), Some(Part::Group(_)));
        if ends_alike && splits_from_front(matched, groups) {
            return Some(Self::Group);
        }
        let has_slash = groups.iter().any(|group| group.contains(b'/'));
        (!has_slash).then_some(Self::NoSlash {
            made_ends_in_group: ends_in_group(made),
            matched_ends_in_group: ends_in_group(matched),
        })
    }

    /// Returns whether what is below `made` comes from what is below `undone`, and from nothing else.
    pub(super) fn is_kept(self, made: &[u8], undone: &[u8]) -> bool {
        let [made_ends_in_slash, undone_ends_in_slash] = [made, undone].map(|path| path.ends_with(b"/"));
        match self {
            // A prefix and the same with a slash may both become `/`.
            Self::Segments => made != b"/" || undone == b"/",
            Self::Group => made_ends_in_slash == undone_ends_in_slash,
            Self::NoSlash { made_ends_in_group, matched_ends_in_group } => {
                !(made_ends_in_group && made_ends_in_slash || matched_ends_in_group && undone_ends_in_slash)
            }
        }
    }
}

/// Returns whether groups end where what follows them begins, at a byte that they lack: so they stay what they are if a path goes on.
fn splits_from_front(parts: &[Part], groups: &[Group]) -> bool {
    let group = |number: usize| groups.get(number.saturating_sub(1));
    parts.iter().zip(parts.iter().skip(1)).all(|(part, next)| {
        let begins = match next {
            Part::Text(text) => text.first().copied(),
            Part::Group(number) => group(*number).and_then(|group| group.begins),
        };
        match part {
            Part::Text(_) => true,
            Part::Group(number) => {
                group(*number).zip(begins).is_some_and(|(group, begins)| !group.contains(begins))
            }
        }
    })
}

/// What follows the text that all paths of one side of a rule begin with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    Nothing,
    /// Nothing, or a slash and more.
    Segments,
    Anything,
}

impl Then {
    /// Returns whether paths that begin with this text are the given one or below it. `None` if that may differ.
    pub(super) fn is_below(self, text: &[u8], path: &[u8]) -> Option<bool> {
        if matches!(path, b"" | b"/") {
            return Some(true);
        }
        let ends_in_slash = path.ends_with(b"/");
        match text.strip_prefix(path) {
            Some([]) => (ends_in_slash || self != Self::Anything).then_some(true),
            Some([next, ..]) => Some(ends_in_slash || *next == b'/'),
            None if path.starts_with(text) => (self == Self::Nothing).then_some(false),
            None => Some(false),
        }
    }
}
