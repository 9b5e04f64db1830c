//! Suggestions for misspelled names.

use super::error::NAME_LIMIT;

/// Returns the known name that is most similar to a name, if one is similar.
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let near = known.iter().filter_map(|other| Some((near_distance(name, other)?, *other)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// Returns the edit distance, if it is small.
fn near_distance(name: &str, other: &str) -> Option<usize> {
    if name.len() > NAME_LIMIT {
        return None;
    }
    let longer = name.len().max(other.len());
    let distance = distance(name.to_ascii_lowercase().as_bytes(), other.to_ascii_lowercase().as_bytes());
    (distance <= (longer / 3).max(2) && distance.saturating_mul(2) <= longer).then_some(distance)
}

/// Returns the Levenshtein distance: the number of bytes to insert, delete or replace to turn one text into
/// the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (done, letter) in a.iter().enumerate() {
        let mut left = done.saturating_add(1);
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.windows(2)) {
            let [diagonal, up] = above else { continue };
            let replaced = diagonal.saturating_add((letter != other).into());
            left = replaced.min(left.min(*up).saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_similar_names() {
        let long = "x".repeat(101);
        for (name, expected) in [
            ("limt", Some("limit")),
            ("Limit", Some("limit")),
            ("burts", Some("burst")),
            ("ttlsecond", Some("ttlSecond")),
            ("original-path-heade", Some("original_path_header")),
            ("xy", None),
            ("", None),
            (&long, None),
        ] {
            let known = ["to", "burst", "limit", "ttlSecond", "original_path_header"];
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
    }
}
