//! The `stats_tags` in the bootstraps of `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::parts;

/// Returns the snippet that the README of `deploy/grafana` shows.
pub(crate) fn text() -> Result<String> {
    shown(&parts::root().join("deploy/grafana/README.md"))
}

/// Checks that every bootstrap that runs a filter has the `stats_config` that the README of `deploy/grafana` shows, and that
/// the book and the templates of `new` have it too.
pub(crate) fn same() -> Result<()> {
    let snippet = text()?;
    ensure!(shown(&parts::root().join("docs/src/metrics.md"))? == snippet, "the book shows another snippet");
    let mut files = Vec::new();
    for directory in ["deploy", "crates/cli/template/deploy"] {
        below(&parts::root().join(directory), &mut files)?;
    }
    let mut bootstraps = 0_usize;
    for path in files {
        let text = fs::read_to_string(&path)?;
        let is_bootstrap = text.contains("\nadmin:\n");
        if is_bootstrap && (text.contains("envoy.wasm.runtime") || text.contains("lds_config")) {
            ensure!(text.contains(&snippet), "{} lacks this:\n{snippet}", path.display());
            bootstraps = bootstraps.saturating_add(1);
        }
    }
    ensure!(bootstraps >= 10, "only {bootstraps} bootstraps");
    Ok(())
}

/// Returns the block of a Markdown file that begins with `stats_config`.
fn shown(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let (_, rest) = text.split_once("```yaml\nstats_config:\n").context("no block `stats_config`")?;
    let (block, _) = rest.split_once("```").context("an endless block")?;
    Ok(format!("stats_config:\n{block}"))
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        match path.extension() {
            _ if path.is_dir() => below(&path, files)?,
            Some(extension) if extension == "yaml" => files.push(path),
            _ => {}
        }
    }
    Ok(())
}
