//! The folder with all of it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use harness::scratch::Scratch;
use images::filters::{self, VERSION};
use images::image::sha256;
use manifests::filled;

use crate::{changelog, digests, sbom};

/// Writes what belongs to a release whose images are in a registry, in place of what was there.
///
/// # Errors
/// Something is not committed, not built, or not in CHANGELOG.md; or the folder cannot be written.
pub fn write(registry: &str, into: &Path) -> Result<()> {
    let filters = filters::built(None)?;
    let mut assets = vec![
        ("DIGESTS.md".to_owned(), digests::table(registry, &filters)?.into_bytes()),
        ("NOTES.md".into(), changelog::section(VERSION)?.into_bytes()),
        ("manifests.tar.gz".into(), archived(registry)?),
    ];
    for (filter, bill) in filters.iter().zip(sbom::of(&filters)?) {
        assets.push((format!("{}.cdx.json", filter.name), bill.into_bytes()));
        assets.push((format!("{}.wasm", filter.name), filter.wasm.clone()));
    }
    assets.sort();
    assets.push(("SHA256SUMS".into(), sums(&assets).into_bytes()));
    if into.exists() {
        fs::remove_dir_all(into).with_context(|| into.display().to_string())?;
    }
    fs::create_dir_all(into).with_context(|| into.display().to_string())?;
    for (name, bytes) in assets {
        fs::write(into.join(&name), &bytes).with_context(|| name.clone())?;
        println!("{:>9}  {name}", bytes.len());
    }
    println!("in {}", into.display());
    Ok(())
}

/// As `sha256sum --check` reads them.
fn sums(assets: &[(String, Vec<u8>)]) -> String {
    let line = |(name, bytes): &(String, Vec<u8>)| format!("{}  {name}\n", sha256(bytes));
    assets.iter().map(line).collect()
}

/// The files of `deploy/` that name images, with these.
fn archived(registry: &str) -> Result<Vec<u8>> {
    let folder = Scratch::new("release-manifests")?;
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    archive.mode(tar::HeaderMode::Deterministic);
    for path in filled::write(registry, VERSION, folder.path())? {
        archive
            .append_path_with_name(&path, Path::new("manifests").join(path.strip_prefix(folder.path())?))?;
    }
    Ok(archive.into_inner()?.finish()?)
}
