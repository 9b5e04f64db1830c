//! `cargo proxy-filter release`: writes the files of a release into one directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

use super::{changelog, digests, sbom};
use crate::filter;
use crate::manifests::pinned::{self, PinnedFile};
use crate::oci::digest::sha256;
use crate::project::Project;
use crate::say;
use crate::temporary;

/// Writes the files of a release whose images are in a registry, replacing the directory's contents.
///
/// # Errors
/// The working tree has uncommitted changes, a filter is not built, CHANGELOG.md has no section for the version, or
/// the directory cannot be written.
pub fn write(project: &Project, registry: &str, into: &Path) -> Result<()> {
    let (filters, version) = (filter::all(project)?, project.version());
    let manifests = pinned::files(project, registry, version)?;
    let mut assets = vec![
        ("DIGESTS.md".to_owned(), digests::table(project, registry, &filters)?.into_bytes()),
        ("NOTES.md".into(), changelog::section(project)?.into_bytes()),
        ("manifests.tar.gz".into(), archived(&manifests)?),
    ];
    for (filter, bill) in filters.iter().zip(sbom::of(project, &filters)?) {
        assets.push((format!("{}.cdx.json", filter.name), bill.into_bytes()));
        assets.push((format!("{}.wasm", filter.name), filter.wasm.clone()));
    }
    assets.sort();
    assets.push(("SHA256SUMS".into(), sums(&assets).into_bytes()));
    temporary::remove(into)?;
    fs::create_dir_all(into).with_context(|| format!("cannot create {}", into.display()))?;
    for (name, bytes) in assets {
        fs::write(into.join(&name), &bytes).with_context(|| format!("cannot write {name}"))?;
        say!("{:>9}  {name}", bytes.len());
    }
    say!("in {}", into.display());
    Ok(())
}

/// Lists checksums in the format of `sha256sum --check`.
fn sums(assets: &[(String, Vec<u8>)]) -> String {
    let line = |(name, bytes): &(String, Vec<u8>)| format!("{}  {name}\n", sha256(bytes));
    assets.iter().map(line).collect()
}

/// Archives the files below `manifests/` as a gzip'd tar.
fn archived(files: &[PinnedFile]) -> Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(file.text.len())?);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, Path::new("manifests").join(&file.path), file.text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}
