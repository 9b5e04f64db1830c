//! Suggestions for misspelled names.

use super::error::NAME_LIMIT;

/// Adds the most similar known name to serde's message about an unknown name.
pub(super) fn with_guess(message: String) -> String {
    // Known names follow, so the last occurrence ends the user's text.
    const AFTER: &str = "`, expected ";
    let unknown = ["unknown field `", "unknown variant `"].iter().find_map(|kind| message.strip_prefix(kind));
    let Some((name, known)) = unknown.and_then(|rest| rest.rsplit_once(AFTER)) else { return message };
    let known = known.split('`').skip(1).step_by(2);
    let near = known.filter_map(|other| Some((near_distance(name, other)?, other)));
    match near.min_by_key(|(distance, _)| *distance) {
        Some((_, other)) => match message.rsplit_once(AFTER) {
            Some((head, tail)) => format!("{head}` (did you mean `{other}`?), expected {tail}"),
            None => message,
        },
        None => message,
    }
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
            ("a`, expected `b", None),
            (&long, None),
        ] {
            let said =
                "expected one of `to`, `burst`, `limit`, `ttlSecond`, `original_path_header` at line 1";
            let hint = expected.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
            let message = format!("unknown field `{name}`, {said}");
            assert_eq!(with_guess(message), format!("unknown field `{name}`{hint}, {said}"));
        }
        assert_eq!(with_guess("invalid type".into()), "invalid type");
    }
}
