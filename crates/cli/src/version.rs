//! `cargo proxy-filter version`: sets the project's version in Cargo.toml and in every file that people copy.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::command::output;

use crate::project::Project;
use crate::say;

/// Files and directories that name the version.
const PLACES: [&str; 7] =
    ["Cargo.toml", "Containerfile", "README.md", "justfile", "deploy", "filters", "docs/src/cookbook"];

const CHANGELOG: &str = "CHANGELOG.md";

/// Returns the three numbers of a version `X.Y.Z`.
pub fn numbers(text: &str) -> Option<[u32; 3]> {
    let number = |part: &str| part.parse::<u32>().ok().filter(|number| number.to_string() == part);
    let parts: Option<Vec<_>> = text.split('.').map(number).collect();
    parts?.try_into().ok()
}

/// Replaces the version in all places, and adds a section to the changelog.
///
/// # Errors
/// `new` is not a version or is the current one, or a file cannot be written.
pub fn run(project: &Project, new: &str) -> Result<()> {
    let old = project.version();
    ensure!(numbers(new).is_some(), "`{new}` is not a version: write three numbers, such as 0.2.0");
    ensure!(new != old, "the version is already {old}");
    for file in files(project)? {
        edit(project, &file, |text| Ok(replaced(text, old, new)))?;
    }
    edit(project, CHANGELOG, |text| begun(text, new))?;
    let update = ["update", "--quiet", "--workspace"];
    let status = Command::new("cargo").args(update).current_dir(project.root()).status();
    ensure!(status.context("cannot run cargo")?.success(), "Cargo.lock still has version {old}");
    say!("next: describe what is new in {CHANGELOG}, then run `just test`");
    Ok(())
}

fn files(project: &Project) -> Result<Vec<String>> {
    let list = output(Command::new("git").arg("ls-files").args(PLACES).current_dir(project.root()))?;
    Ok(list.lines().map(str::to_owned).collect())
}

fn edit(project: &Project, file: &str, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let path = project.root().join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
    let changed = change(&text)?;
    if changed != text {
        fs::write(&path, changed).with_context(|| format!("cannot write {file}"))?;
        say!("{file}");
    }
    Ok(())
}

/// Replaces the old version, except where it is part of a longer number.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(old) {
        out += before;
        let is_longer = out.ends_with(is_part) || after.starts_with(is_part);
        out += if is_longer { old } else { new };
        rest = after;
    }
    out + rest
}

/// Adds a section for the new version to the changelog.
fn begun(text: &str, new: &str) -> Result<String> {
    let (head, sections) = text.split_once("\n## ").context("CHANGELOG.md has no section")?;
    Ok(format!("{head}\n## {new}, not released yet\n\n## {sections}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_numbers_are_unchanged() {
        let text = "0.1.0 a:0.1.0\n10.1.0 0.1.0.1 \"0.1.0\" v0.1.0";
        assert_eq!(replaced(text, "0.1.0", "0.2.0"), "0.2.0 a:0.2.0\n10.1.0 0.1.0.1 \"0.2.0\" v0.1.0");
        assert_eq!(replaced("0.1.00.1.0", "0.1.0", "9.9.9"), "0.1.00.1.0");
    }

    #[test]
    fn every_place_has_the_version() {
        let project = Project::find().unwrap();
        let files = files(&project).unwrap();
        for place in PLACES {
            let of_place = files.iter().filter(|file| file.starts_with(place));
            let texts = of_place.map(|file| fs::read_to_string(project.root().join(file)).unwrap());
            assert!(
                texts.into_iter().any(|text| replaced(&text, project.version(), "9.9.9") != text),
                "{place}"
            );
        }
    }

    #[test]
    fn a_section_is_added() {
        let text = "# Changelog\n\n## 0.1.0\n\n- first\n";
        let expected = "# Changelog\n\n## 0.2.0, not released yet\n\n## 0.1.0\n\n- first\n";
        assert_eq!(begun(text, "0.2.0").unwrap(), expected);
    }
}
