//! Checks what modules may do: `deploy/capabilities.md`, and the fields of files that Envoy reads.

use anyhow::{Result, ensure};
use cargo_proxy_filter::capabilities::{FIELD, files};
use cargo_proxy_filter::project::Project;

/// Every file allows each module what it needs, and nothing else.
pub(crate) fn exact() -> Result<()> {
    let project = Project::find()?;
    let (modules, mut restricted) = (files::modules(&project)?, 0_usize);
    for file in files::all(&project, &modules)? {
        let path = file.path.display();
        ensure!(file.text == file.expected, "{path} allows something else: run `just capabilities`");
        let is_plugin = |line: &str| line.trim_start().starts_with("root_id: ");
        let plugins = file.text.lines().filter(|line| is_plugin(line)).count();
        let of_file = file.text.matches(&format!("{FIELD}:")).count();
        ensure!(of_file == plugins, "{path} restricts {of_file} of {plugins} plugins");
        restricted = restricted.saturating_add(of_file);
    }
    // A file for Envoy, one that it reloads and one for Istio each, and those of `compose` and `kubernetes`.
    ensure!(restricted > modules.len().saturating_mul(3), "only {restricted} plugins");
    println!("{restricted} plugins of {} modules are restricted", modules.len());
    Ok(())
}
