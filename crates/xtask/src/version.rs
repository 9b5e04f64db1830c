//! Sets the version of all of it. It stands in Cargo.toml; what people copy names it too, and tests hold that together.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

const OLD: &str = env!("CARGO_PKG_VERSION");

/// Where it stands: files, and folders with them.
const PLACES: [&str; 5] = ["Cargo.toml", "Containerfile", "README.md", "justfile", "deploy"];

const CHANGELOG: &str = "CHANGELOG.md";

pub fn run(new: &str) -> Result<()> {
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    let is_version = new.split('.').count() == 3 && new.split('.').all(is_number);
    ensure!(is_version, "`{new}` is not a version: write three numbers, like 0.2.0");
    ensure!(new != OLD, "the version is {OLD} already");
    for file in files()? {
        edit(&file, |text| Ok(replaced(text, OLD, new)))?;
    }
    edit(CHANGELOG, |text| begun(text, new))?;
    let update = ["update", "--quiet", "--workspace"];
    let status = Command::new("cargo").args(update).current_dir(parts::root()).status();
    ensure!(status.context("cannot run cargo")?.success(), "Cargo.lock still has the version {OLD}");
    println!("next: describe what is new in {CHANGELOG}, then run `just test`");
    Ok(())
}

fn files() -> Result<Vec<String>> {
    let list = output(Command::new("git").arg("ls-files").args(PLACES).current_dir(parts::root()))?;
    Ok(list.lines().map(str::to_owned).collect())
}

fn edit(file: &str, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let path = parts::root().join(file);
    let text = fs::read_to_string(&path).with_context(|| file.to_owned())?;
    let changed = change(&text)?;
    if changed != text {
        fs::write(&path, changed).with_context(|| file.to_owned())?;
        println!("{file}");
    }
    Ok(())
}

/// A text with another version, where the old one is not a part of a longer number.
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

/// The changelog with a section for a version.
fn begun(text: &str, new: &str) -> Result<String> {
    let (head, sections) = text.split_once("\n## ").context("CHANGELOG.md has no section")?;
    Ok(format!("{head}\n## {new}, not released yet\n\n## {sections}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_numbers_stay() {
        let text = "0.1.0 a:0.1.0\n10.1.0 0.1.0.1 \"0.1.0\" v0.1.0";
        assert_eq!(replaced(text, "0.1.0", "0.2.0"), "0.2.0 a:0.2.0\n10.1.0 0.1.0.1 \"0.2.0\" v0.1.0");
        assert_eq!(replaced("0.1.00.1.0", "0.1.0", "9.9.9"), "0.1.00.1.0");
    }

    #[test]
    fn every_place_has_the_version() {
        let files = files().unwrap();
        for place in PLACES {
            let of_place = files.iter().filter(|file| file.starts_with(place));
            let texts = of_place.map(|file| fs::read_to_string(parts::root().join(file)).unwrap());
            assert!(texts.into_iter().any(|text| replaced(&text, OLD, "9.9.9") != text), "{place}");
        }
    }

    #[test]
    fn a_section_is_begun() {
        let text = "# Changelog\n\n## 0.1.0\n\n- first\n";
        let expected = "# Changelog\n\n## 0.2.0, not released yet\n\n## 0.1.0\n\n- first\n";
        assert_eq!(begun(text, "0.2.0").unwrap(), expected);
    }
}
