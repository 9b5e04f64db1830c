//! The layer: a gzip'd tar with one file.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, GzBuilder};

use crate::image::digest;

/// The file that consumers look for.
pub const FILE: &str = "plugin.wasm";

/// What Istio's agent reads of a module at most.
pub const LARGEST_MODULE: u64 = 256 << 20;

/// Bytes that are the same for the same module.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The compressed tar.
    pub bytes: Vec<u8>,
    /// The digest of the tar.
    pub diff_id: String,
}

impl Layer {
    /// A layer with this module.
    ///
    /// # Errors
    /// None but in memory.
    pub fn of(wasm: &[u8]) -> Result<Self> {
        let mut header = tar::Header::new_ustar();
        header.set_path(FILE)?;
        header.set_size(u64::try_from(wasm.len())?);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        let mut archive = tar::Builder::new(Vec::new());
        archive.append(&header, wasm)?;
        let tar = archive.into_inner()?;
        const UNKNOWN_SYSTEM: u8 = 255;
        let mut gzip =
            GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
        gzip.write_all(&tar)?;
        Ok(Self { bytes: gzip.finish()?, diff_id: digest(&tar) })
    }
}

/// The module in a layer's bytes, and the digest of its tar.
///
/// # Errors
/// What is wrong with the layer.
pub fn module(layer: &[u8]) -> Result<(Vec<u8>, String)> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(layer)
        .read_to_end(&mut tar)
        .context("the layer is not gzip, which consumers expect: neither a plain tar nor zstd will do")?;
    let (mut archive, mut names, mut module) = (tar::Archive::new(tar.as_slice()), Vec::new(), Vec::new());
    for entry in archive.entries().context("the layer is no tar")? {
        let mut entry = entry.context("the layer is no tar")?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if name == FILE {
            let kind = entry.header().entry_type();
            ensure!(kind.is_file(), "`{FILE}` is no regular file, but {kind:?}");
            ensure!(entry.size() <= LARGEST_MODULE, "`{FILE}` has over 256 MiB, which Istio's agent refuses");
            entry.read_to_end(&mut module).context("the layer ends too early")?;
        }
        names.push(name);
    }
    match names.as_slice() {
        [name] if name == FILE => Ok((module, digest(&tar))),
        names if names.iter().any(|name| name == FILE) => {
            bail!(
                "the layer has other files beside `{FILE}`, which some consumers refuse: {}",
                names.join(", ")
            )
        }
        names => bail!("there is no `{FILE}` in the layer, but {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_comes_back_and_bytes_are_the_same_every_time() -> Result<()> {
        let wasm = b"\0asm\x01\0\0\0 and more".repeat(1000);
        let layer = Layer::of(&wasm)?;
        assert_eq!(layer.bytes, Layer::of(&wasm)?.bytes);
        assert_eq!(module(&layer.bytes)?, (wasm, layer.diff_id));
        // Magic, deflate, no flags, no time, best compression, no system.
        assert_eq!(layer.bytes.get(..10), Some(b"\x1f\x8b\x08\0\0\0\0\0\x02\xff".as_slice()));
        Ok(())
    }
}
