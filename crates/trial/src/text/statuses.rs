//! The statuses of several exchanges in one line.

/// How many statuses are shown one by one. More are shown as runs.
const MAX_SINGLE: usize = 12;

/// Returns statuses in one line: `200 200 429`, or for many of them `200 x97, 429 x3`. A request without a response is `-`.
pub fn series(statuses: &[u16]) -> String {
    let shown = |status: u16| if status == 0 { "-".to_owned() } else { status.to_string() };
    if statuses.len() <= MAX_SINGLE {
        return statuses.iter().map(|status| shown(*status)).collect::<Vec<_>>().join(" ");
    }
    let run = |same: &[u16]| match same {
        [] => None,
        [status] => Some(shown(*status)),
        [status, ..] => Some(format!("{} x{}", shown(*status), same.len())),
    };
    statuses.chunk_by(|one, next| one == next).filter_map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_counted() {
        assert_eq!(series(&[200, 200, 429, 0]), "200 200 429 -");
        let many = [vec![200; 97], vec![429; 2], vec![200]].concat();
        assert_eq!(series(&many), "200 x97, 429 x2, 200");
    }
}
