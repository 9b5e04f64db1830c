//! What README.md shows of `try`.

use std::fs;

use harness::parts;

use crate::run::here;
use crate::transcripts::words;

/// Returns the arguments and the output of each block that begins with a command.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let blocks = text.split("```text\n$ just try ").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().split_once('\n').unwrap()).collect()
}

#[test]
fn readme_shows_how_the_output_begins() {
    let readme = fs::read_to_string(parts::root().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    assert!(!blocks.is_empty());
    for (command, output) in blocks {
        // The dots stand for more lines.
        let shown: Vec<_> = output.lines().take_while(|line| *line != "...").collect();
        assert!(!shown.is_empty(), "{command}");
        let words = words(command);
        let arguments: Vec<_> = ["try"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let output = here(&arguments).output();
        let first: Vec<_> = output.lines().take(shown.len()).collect();
        assert_eq!(first, shown, "{command}");
    }
}
