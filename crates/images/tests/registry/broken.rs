//! Images that nobody would run: each is refused, and the message says why.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use harness::registry::Registry;
use images::filters;
use images::image::{Blob, Image, Manifest, digest, media_type};
use images::registry::Registry as Client;
use images::target::reference;

use crate::images;

/// Changes an image.
type Break = fn(Image) -> Result<Image>;

const BROKEN: [(&str, Break, &str); 7] = [
    (
        "artifact",
        |_| Image::artifact(&filter()?),
        "its layer is of the type `application/wasm`: Istio and Envoy Gateway",
    ),
    ("two-layers", |image| edited(image, twice), "Istio's agent takes the last of its 2 layers"),
    ("not-gzip", |image| with_layer(image, &tar("plugin.wasm", MODULE)?), "the layer is not gzip"),
    (
        "other-file",
        |image| with_layer(image, &gzip(&tar("filter.wasm", MODULE)?)?),
        "there is no `plugin.wasm` in the layer, but filter.wasm",
    ),
    (
        "other-diff-id",
        |image| with_layer(image, &gzip(&tar("plugin.wasm", MODULE)?)?),
        "the configuration's `rootfs.diff_ids` is not the layer's",
    ),
    ("no-module", |_| of_module(b"#!/bin/sh\n"), "`plugin.wasm` does not begin as a WebAssembly module does"),
    ("garbage", |_| of_module(b"\0asm\x01\0\0\0garbage"), "Envoy does not load it"),
];

const MODULE: &[u8] = b"\0asm\x01\0\0\0";

pub(crate) fn all() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    for (tag, broken, expected) in BROKEN {
        let image = broken(Image::compat(&filter()?)?)?;
        let to = reference(&address, "add-header", tag)?;
        Client::of(&to)?.push(&image, &|_| {}).context(tag)?;
        let said = images(&["verify", &to.to_string()], None, None)?;
        ensure!(!said.is_content && said.text.contains(expected), "{tag}: {}", said.text);
        ensure!(said.text.contains(&format!("error: {to}: ")), "{tag}: {}", said.text);
    }
    let whole = Image::compat(&filter()?)?;
    let to = reference(&address, "add-header", "whole")?;
    Client::of(&to)?.push(&whole, &|_| {})?;
    let (to, index) = (reference(&address, "add-header", "index")?, index(&whole)?);
    Client::of(&to)?.push_raw(media_type::INDEX, index)?;
    let said = images(&["verify", &to.to_string()], None, None)?;
    ensure!(!said.is_content && said.text.contains("it is a list of manifests (an index)"), "{}", said.text);
    println!("{} broken images are refused", BROKEN.len().saturating_add(1));
    Ok(())
}

/// Unusual, and taken all the same: no media type in the manifest, a folder before the file.
pub(crate) fn unusual() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    let image = Image::compat(&filter()?)?;
    let mut archive = tar::Builder::new(Vec::new());
    let mut folder = tar::Header::new_ustar();
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_size(0);
    archive.append_data(&mut folder, "./", std::io::empty())?;
    let mut file = tar::Header::new_ustar();
    let wasm = filter()?.wasm;
    file.set_size(u64::try_from(wasm.len())?);
    archive.append_data(&mut file, "./plugin.wasm", wasm.as_slice())?;
    let tar = archive.into_inner()?;
    let of_tar = with_config(with_layer(image.clone(), &gzip(&tar)?)?, &digest(&tar))?;
    let untyped = edited(image, |manifest| manifest.media_type.clear())?;
    for (tag, image) in [("folder", of_tar), ("no-type", untyped)] {
        let to = reference(&address, "add-header", tag)?;
        Client::of(&to)?.push(&image, &|_| {}).context(tag)?;
        let said = images(&["verify", &to.to_string()], None, None)?;
        ensure!(said.is_content, "{tag}: {}", said.text);
    }
    Ok(())
}

/// An image whose configuration names another tar.
fn with_config(image: Image, diff_id: &str) -> Result<Image> {
    let config = serde_json::json!({"rootfs": {"type": "layers", "diff_ids": [diff_id]}});
    let config = serde_json::to_vec(&config)?;
    let mut image = edited(image, |manifest| {
        manifest.config.digest = digest(&config);
        manifest.config.size = config.len();
    })?;
    image.blobs.push(Blob { what: "configuration", bytes: config });
    Ok(image)
}

fn filter() -> Result<filters::Filter> {
    filters::built(Some("add-header"))?.pop().context("no filter")
}

fn of_module(wasm: &[u8]) -> Result<Image> {
    Image::compat(&filters::Filter { wasm: wasm.into(), ..filter()? })
}

fn edited(image: Image, edit: impl FnOnce(&mut Manifest)) -> Result<Image> {
    let mut manifest: Manifest = serde_json::from_slice(&image.manifest)?;
    edit(&mut manifest);
    Ok(Image { manifest: serde_json::to_vec(&manifest)?, ..image })
}

fn twice(manifest: &mut Manifest) {
    manifest.layers.extend(manifest.layers.clone());
}

fn with_layer(image: Image, layer: &[u8]) -> Result<Image> {
    let mut image = edited(image, |manifest| {
        for descriptor in &mut manifest.layers {
            descriptor.digest = digest(layer);
            descriptor.size = layer.len();
        }
    })?;
    image.blobs.push(Blob { what: "layer", bytes: layer.into() });
    Ok(image)
}

fn tar(name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(bytes.len())?);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, name, bytes)?;
    Ok(archive.into_inner()?)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

fn index(image: &Image) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::INDEX,
        "manifests": [{"mediaType": media_type::MANIFEST, "digest": image.digest(), "size": image.manifest.len()}],
    }))?)
}
