//! What is new in a version, from CHANGELOG.md.

use std::fs;

use anyhow::{Context, Result};
use harness::parts;

/// What a version's heading says until its release.
const NOT_YET: &str = "not released yet";

/// The section of a version, without its heading.
///
/// # Errors
/// There is none.
pub fn section(version: &str) -> Result<String> {
    let path = parts::root().join("CHANGELOG.md");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (heading, section) = find(&text, version).with_context(|| {
        format!("CHANGELOG.md has no section `## {version}`: `just version` begins one, with what is new")
    })?;
    if heading.ends_with(NOT_YET) {
        println!("CHANGELOG.md says of {version} `{NOT_YET}`: put the date there before you tag it");
    }
    Ok(section)
}

fn find<'a>(text: &'a str, version: &str) -> Option<(&'a str, String)> {
    let is_heading = |line: &str| line.starts_with("## ");
    let mut lines = text.lines().skip_while(|line| !(is_heading(line) && named(line) == version));
    let heading = lines.next()?;
    let section: Vec<_> = lines.take_while(|line| !is_heading(line)).collect();
    Some((heading, section.join("\n").trim().to_owned() + "\n"))
}

/// The version of a heading: its first word.
fn named(heading: &str) -> &str {
    heading.split([' ', ',']).nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections() {
        let text = "# Changelog\n\n## 0.2.0, not released yet\n\n- new\n\n## 0.1.0\n\n- first\n";
        assert_eq!(find(text, "0.2.0").unwrap(), ("## 0.2.0, not released yet", "- new\n".into()));
        assert_eq!(find(text, "0.1.0").unwrap(), ("## 0.1.0", "- first\n".into()));
        assert_eq!(find(text, "0.1"), None);
    }

    #[test]
    fn this_version_has_one() {
        section(images::filters::VERSION).unwrap();
    }
}
