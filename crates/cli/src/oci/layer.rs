//! A layer: a gzip'd tar with one file.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};

use super::digest::digest;

/// The file that Istio's agent and Envoy Gateway look for.
pub const FILE: &str = "plugin.wasm";

/// The largest module that Istio's agent reads, in bytes.
pub const LARGEST_MODULE: u64 = 256 << 20;

/// A layer's bytes: the same for the same module.
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
    /// The module cannot be compressed.
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

/// Unpacks a layer. Returns the module, and the digest of the tar.
///
/// # Errors
/// The layer is damaged, or is not one that Istio's agent and Envoy Gateway accept.
pub fn module(layer: &[u8]) -> Result<(Vec<u8>, String)> {
    const NOT_TAR: &str = "the layer is not a tar";
    let tar = unpacked(layer)?;
    let (mut archive, mut names, mut module) = (tar::Archive::new(tar.as_slice()), Vec::new(), None);
    for entry in archive.entries().context(NOT_TAR)? {
        let mut entry = entry.context(NOT_TAR)?;
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let path = entry.path().context(NOT_TAR)?.into_owned();
        // In any directory: Istio's agent compares only the file name.
        if path.file_name().is_some_and(|name| name == FILE) {
            ensure!(
                entry.size() <= LARGEST_MODULE,
                "`{FILE}` is larger than 256 MiB, the limit of Istio's agent"
            );
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).context("the layer is cut short")?;
            module = Some(bytes);
        }
        names.push(path.display().to_string());
    }
    let names_shown = names.join(", ");
    let module = module.with_context(|| format!("the layer has no `{FILE}`: it has {names_shown}"))?;
    ensure!(
        names.len() == 1,
        "the layer has other files beside `{FILE}`, which some runtimes refuse: {names_shown}"
    );
    Ok((module, digest(&tar)))
}

fn unpacked(layer: &[u8]) -> Result<Vec<u8>> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    // A tar is a little larger than its file.
    const MAX_UNPACKED_BYTES: u64 = LARGEST_MODULE + (1 << 20);
    ensure!(
        layer.starts_with(&GZIP),
        "the layer is not gzip'd: Istio and Envoy Gateway read neither a plain tar nor zstd"
    );
    let mut tar = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(layer).take(MAX_UNPACKED_BYTES);
    decoder.read_to_end(&mut tar).context("the layer's gzip is damaged or cut short")?;
    ensure!(decoder.limit() > 0, "the layer is larger than 256 MiB, the limit of Istio's agent");
    Ok(tar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_unpacks_to_its_module_and_is_reproducible() -> Result<()> {
        let wasm = b"\0asm\x01\0\0\0 and more".repeat(1000);
        let layer = Layer::of(&wasm)?;
        assert_eq!(layer.bytes, Layer::of(&wasm)?.bytes);
        assert_eq!(module(&layer.bytes)?, (wasm, layer.diff_id));
        let (one, other) = layer.bytes.split_at(layer.bytes.len() / 2);
        assert!(module(one).unwrap_err().to_string().starts_with("the layer's gzip is damaged"));
        assert!(module(other).unwrap_err().to_string().starts_with("the layer is not gzip"));
        // Magic, deflate, no flags, no time, best compression, no system.
        assert_eq!(layer.bytes.get(..10), Some(b"\x1f\x8b\x08\0\0\0\0\0\x02\xff".as_slice()));
        Ok(())
    }
}
