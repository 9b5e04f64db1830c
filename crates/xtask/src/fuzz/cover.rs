//! Chooses inputs by what libFuzzer says that they reach.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// An input, and the numbers of what it reaches.
struct Input<'a> {
    path: &'a Path,
    reached: BTreeSet<&'a str>,
}

/// Returns up to `most` inputs, each of which reaches more than any other of what those before it do not. `control` is the text
/// of libFuzzer's `-merge_control_file` after a `-set_cover_merge`.
///
/// # Errors
/// It is not such a text.
pub(super) fn chosen(control: &str, most: usize) -> Result<Vec<PathBuf>> {
    let mut left = inputs(control).context("libFuzzer's control file is not as expected")?;
    let mut chosen = Vec::new();
    while chosen.len() < most {
        let Some((place, _)) = left.iter().enumerate().max_by_key(|(_, input)| input.reached.len()) else {
            break;
        };
        let best = left.swap_remove(place);
        if best.reached.is_empty() {
            break;
        }
        left.iter_mut().for_each(|input| input.reached.retain(|number| !best.reached.contains(number)));
        chosen.push(best.path.to_owned());
    }
    Ok(chosen)
}

/// Reads the file: how many inputs there are, how many of them are of the first directory, their paths, and then what happened.
fn inputs(control: &str) -> Option<Vec<Input<'_>>> {
    let mut lines = control.lines();
    let number = lines.next()?.parse().ok()?;
    lines.next()?;
    let paths = lines.by_ref().take(number);
    let mut inputs: Vec<_> =
        paths.map(|path| Input { path: Path::new(path), reached: BTreeSet::new() }).collect();
    for line in lines {
        let mut words = line.split(' ');
        if words.next() == Some("FT") {
            let place: usize = words.next()?.parse().ok()?;
            inputs.get_mut(place)?.reached = words.collect();
        }
    }
    Some(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: &str = "4\n1\n/s/a\n/f/b\n/f/c\n/f/d\n\
        STARTED 0 9\nFT 0 1 2\nCOV 0 7\nSTARTED 1 9\nFT 1 1 2 3\nSTARTED 2 5\nFT 2 3 4\nSTARTED 3 5\nFT 3\n";

    #[test]
    fn inputs_that_reach_more_come_first_and_others_are_left_out() {
        let paths = |most| chosen(CONTROL, most).unwrap();
        assert_eq!(paths(9), ["/f/b", "/f/c"].map(PathBuf::from));
        assert_eq!(paths(1), ["/f/b"].map(PathBuf::from));
        for wrong in ["", "x\n", "1\n0\n/a\nFT 1 2\n"] {
            assert!(chosen(wrong, 1).is_err(), "{wrong:?}");
        }
    }
}
