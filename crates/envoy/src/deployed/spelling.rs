//! Names that are nearly others.

/// The largest number of edits between a name and one that it may be meant to be.
const EDITS: usize = 2;

/// Returns the name that another is meant to be, if one is near. Names of few letters are never near.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let edits = |other: &str| strsim::damerau_levenshtein(name, other);
    let is_near = |other: &&&str| edits(other) <= EDITS.min(other.chars().count() / 3);
    known.iter().filter(is_near).min_by_key(|other| edits(other)).copied()
}
