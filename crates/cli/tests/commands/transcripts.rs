//! What `try` and `check` print, in files that the book shows.
//!
//! A file of `transcripts/` begins with a command, which runs in that directory. To add one, write its first line, and run
//! this test with `UPDATE_SNAPSHOTS=1`. To show it in the book, write `<!-- transcripts/FILE -->` and an empty block of code
//! below it into the page.

use std::fs;
use std::path::Path;

use proxy_filter_test::expect_file;

use crate::run::{Ran, there};

/// How lines of cargo and of the build begin.
const OF_BUILD: [&str; 5] = ["building ", "   Compiling ", "    Finished ", "    Blocking ", "  Downloaded "];

#[test]
fn transcripts() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/transcripts");
    let mut files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let kept = fs::read_to_string(&file).unwrap();
        let first = kept.lines().next().unwrap();
        let command = first.strip_prefix("$ cargo proxy-filter ").unwrap();
        let arguments = words(command);
        let Ran { code, output, errors } =
            there(&directory, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let is_wrong = file.ends_with("wrong.txt") || file.ends_with("check.txt");
        assert_eq!(code, Some(i32::from(is_wrong)), "{command}\n{output}{errors}");
        let errors = errors.lines().filter(|line| !OF_BUILD.iter().any(|begin| line.starts_with(begin)));
        let errors: String = errors.map(|line| format!("{line}\n")).collect();
        expect_file(&file, &format!("{first}\n{}{errors}", without_cost(&output)));
    }
    let page = harness::parts::root().join("docs/src/try.md");
    expect_file(&page, &shown(&fs::read_to_string(&page).unwrap(), &directory));
}

/// Writes the files that a page shows into its blocks of code.
fn shown(page: &str, directory: &Path) -> String {
    let mut parts = page.split("<!-- transcripts/");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```").unwrap();
        let (language, rest) = rest.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("```").unwrap();
        let file = fs::read_to_string(directory.join(name)).unwrap();
        text += &format!("<!-- transcripts/{name} -->\n```{language}\n{file}```{rest}");
    }
    text
}

/// Splits a command at spaces, but not within single quotes.
pub(crate) fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// Replaces the numbers of instructions and hostcalls, which change with every change of a filter.
fn without_cost(output: &str) -> String {
    let mut text = String::new();
    for line in output.lines() {
        let line = match line.split_once("\"instructions\":") {
            Some((before, _)) => format!("{before}\"instructions\":...,\"hostcalls\":...}}"),
            None if line.ends_with(" hostcalls") => "    ... instructions, ... hostcalls".into(),
            None => line.to_owned(),
        };
        text += &(line + "\n");
    }
    text
}
