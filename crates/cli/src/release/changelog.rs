//! Reads the notes of a release from CHANGELOG.md.

use std::fs;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::say;

/// The end of a version's heading before its release.
const NOT_YET: &str = "not released yet";

/// Returns the section of the project's version, without its heading.
///
/// # Errors
/// CHANGELOG.md has no such section.
pub fn section(project: &Project) -> Result<String> {
    let (path, version) = (project.root().join("CHANGELOG.md"), project.version());
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (heading, section) = find(&text, version)
        .with_context(|| format!("CHANGELOG.md has no section `## {version}`: `just version` adds one"))?;
    if heading.ends_with(NOT_YET) {
        say!("CHANGELOG.md has `{NOT_YET}` for {version}: write the date before you tag the commit");
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

/// Returns the version in a heading: its first word.
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
    fn this_version_has_a_section() {
        section(&Project::find().unwrap()).unwrap();
    }
}
