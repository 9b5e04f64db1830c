//! The `stats_tags` in the bootstraps of `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{parts, prometheus};
use serde_json::Value;

/// Returns the snippet that the book shows.
pub(crate) fn text() -> Result<String> {
    shown(&parts::root().join("docs/src/metrics.md"))
}

/// Checks that every bootstrap that runs a filter has the `stats_config` that the book shows, those of the templates of `new`
/// included.
pub(crate) fn same() -> Result<()> {
    let snippet = text()?;
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
    merged(&serde_saphyr::from_str(&snippet)?)
}

/// Checks that Istio and Envoy Gateway merge the same into their bootstraps.
fn merged(snippet: &Value) -> Result<()> {
    let read = |file: &str| -> Result<Value> {
        Ok(serde_saphyr::from_str(&fs::read_to_string(prometheus::directory().join(file))?)?)
    };
    let (istio, gateway) = (read("istio.yaml")?, read("envoy-gateway.yaml")?);
    ensure!(istio.pointer("/spec/configPatches/0/patch/value") == Some(snippet), "{istio}");
    let value = gateway.pointer("/spec/bootstrap/value").and_then(Value::as_str).context("no bootstrap")?;
    ensure!(serde_saphyr::from_str::<Value>(value)? == *snippet, "{gateway}");
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
