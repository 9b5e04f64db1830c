//! The local copy of the advisory database.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::temporary;
use harness::command::output;
use harness::parts;

/// The folder that cargo-deny derives from the address of the database, in the `db-path` of `deny.toml`.
const DATABASE: &str = "target/deny/advisory-dbs/advisory-db-3157b0e258782691";

/// After this many days, a copy is called old.
const OLD: u64 = 90;

/// An advisory that the database does not have.
#[derive(Clone, Copy)]
pub(super) struct MadeUp {
    pub(super) id: &'static str,
    pub(super) package: &'static str,
}

/// The copy's size and age. Its text is a line, or two if the copy is old.
#[derive(Debug)]
pub(super) struct Copied {
    advisories: usize,
    newest: String,
    days: u64,
    /// What is missing, if the copy is not whole.
    partial: Option<String>,
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { advisories, newest, days, partial } = self;
        write!(f, "{advisories} advisories, as of {newest}, {days} days ago")?;
        if let Some(partial) = partial {
            write!(f, "\nwarning: {partial}: clone the database, and run `just advisories CLONE`")?;
        }
        match *days > OLD {
            true => write!(
                f,
                "\nwarning: the advisories are old: clone the database, and run `just advisories CLONE`"
            ),
            false => Ok(()),
        }
    }
}

fn copied() -> PathBuf {
    parts::root().join("crates/xtask/advisories")
}

fn newest() -> Result<String> {
    let path = copied().join("newest");
    Ok(fs::read_to_string(&path).with_context(|| path.display().to_string())?.trim().to_owned())
}

/// The file that says what is missing.
fn partial() -> PathBuf {
    copied().join("partial")
}

/// Makes the git repository that cargo-deny reads.
///
/// # Errors
/// The copy cannot be read, or there is no git.
pub(super) fn create(made_up: Option<MadeUp>) -> Result<Copied> {
    let (database, newest) = (parts::root().join(DATABASE), newest()?);
    temporary::remove(&database)?;
    let mut advisories = 0;
    for path in advisories_of(&copied())? {
        let into = database.join(path.strip_prefix(copied())?);
        fs::create_dir_all(into.parent().unwrap_or(&database))?;
        fs::copy(&path, into)?;
        advisories += 1;
    }
    if let Some(MadeUp { id, package }) = made_up {
        let folder = database.join("crates").join(package);
        fs::create_dir_all(&folder)?;
        let advisory = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"{newest}\"\n\n[versions]\npatched = []\n```\n\n# Made up\n"
        );
        fs::write(folder.join(id).with_extension("md"), advisory)?;
    }
    let date = format!("{newest}T00:00:00Z");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&database).args(["-c", "user.name=xtask", "-c", "user.email=xtask"]);
        output(git.args(arguments).env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", &date))
    };
    git(&["init", "--quiet"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", "advisories"])?;
    let seconds: u64 =
        git(&["show", "--no-patch", "--format=%ct"])?.parse().context("the date in `newest`")?;
    let age = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().saturating_sub(seconds);
    let partial = fs::read_to_string(partial()).ok().map(|missing| missing.trim().to_owned());
    Ok(Copied { advisories, newest, days: age / (24 * 60 * 60), partial })
}

/// Lists the advisories in a clone or copy of the database.
fn advisories_of(database: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folder = database.join("crates");
    for package in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        found.extend(advisories_in(&package?.path())?);
    }
    found.sort();
    Ok(found)
}

fn advisories_in(package: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(package).with_context(|| package.display().to_string())?;
    let paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect())
}

/// Replaces the copy with what a clone of the database says about these packages.
///
/// # Errors
/// The clone has no advisories, or the copy cannot be written.
pub(super) fn renew(clone: &Path, packages: &BTreeSet<String>) -> Result<()> {
    let mut git = Command::new("git");
    let newest = output(git.arg("-C").arg(clone).args(["log", "-1", "--format=%cs"]))?;
    ensure!(!advisories_of(clone)?.is_empty(), "{} has no advisories", clone.display());
    temporary::remove(&copied().join("crates"))?;
    let mut count = 0;
    for package in packages.iter().filter(|package| clone.join("crates").join(package).is_dir()) {
        let into = copied().join("crates").join(package);
        fs::create_dir_all(&into)?;
        for advisory in advisories_in(&clone.join("crates").join(package))? {
            let name = advisory.file_name().context("an advisory without a name")?;
            fs::write(into.join(name), without_description(&fs::read_to_string(&advisory)?))?;
            count += 1;
        }
    }
    fs::write(copied().join("newest"), format!("{newest}\n"))?;
    if partial().exists() {
        fs::remove_file(partial())?;
    }
    println!("{count} advisories of {} packages, as of {newest}", packages.len());
    Ok(())
}

/// Returns an advisory up to its title.
fn without_description(advisory: &str) -> String {
    let title = advisory.lines().position(|line| line.starts_with("# "));
    let lines = advisory.lines().take(title.map_or(usize::MAX, |title| title.saturating_add(1)));
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advisory_is_copied_up_to_its_title() {
        let advisory = "```toml\n[advisory]\nid = \"x\"\n```\n\n# A title\n\nA description.\n## Part\n";
        assert_eq!(without_description(advisory), "```toml\n[advisory]\nid = \"x\"\n```\n\n# A title\n");
    }

    #[test]
    fn an_old_copy_is_called_old() {
        let of = |days, partial| Copied { advisories: 3, newest: "2026-01-02".into(), days, partial };
        let copied = |days| of(days, None).to_string();
        assert_eq!(copied(90), "3 advisories, as of 2026-01-02, 90 days ago");
        assert!(copied(91).contains("\nwarning: the advisories are old"), "{}", copied(91));
        let partial = of(1, Some("half is missing".into())).to_string();
        assert!(partial.contains("\nwarning: half is missing: clone"), "{partial}");
    }
}
