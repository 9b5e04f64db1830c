//! Images that nobody would run: each is refused, and the message says why.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use images::filters;
use images::image::{Blob, Image, Manifest, digest, media_type};
use images::registry::Registry as Client;
use images::target::reference;
use testbed::registry::Registry;

use crate::images;

/// Changes an image.
type Break = fn(Image) -> Result<Image>;

const BROKEN: [(&str, Break, &str); 8] = [
    (
        "artifact",
        |_| Image::artifact(&filter()?),
        "its layer is of the type `application/wasm`: Istio and Envoy Gateway",
    ),
    (
        "no-type",
        |image| edited(image, |manifest| manifest.media_type.clear()),
        "the manifest's `mediaType` is ``",
    ),
    ("two-layers", |image| edited(image, twice), "it has 2 layers, and one is what all consumers take"),
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
        let refused = said.text.contains(&format!("{to} would be refused: "))
            || said.text.contains(&format!("{to}: it would be refused: "));
        ensure!(refused, "{tag}: {}", said.text);
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
