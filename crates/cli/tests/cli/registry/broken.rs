//! Images that a runtime would refuse: `verify` refuses each and says why.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter::{self, Filter};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::image::{Blob, Image};
use cargo_proxy_filter::oci::manifest::Manifest;
use cargo_proxy_filter::oci::media_type;
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::registry::client::RegistryClient;
use cargo_proxy_filter::registry::reference::of_image;
use harness::registry::Registry;

use super::IMAGE;
use crate::run::{fails, succeeds};

/// Changes an image.
type Break = fn(Image) -> Result<Image>;

const BROKEN: [(&str, Break, &str); 7] = [
    (
        "artifact",
        |_| Image::artifact(&filter()?),
        "its layer has the type `application/wasm`, and Istio and Envoy Gateway read only",
    ),
    ("two-layers", |image| edited(image, twice), "the image has 2 layers"),
    ("not-gzip", |image| with_layer(image, &tar("plugin.wasm", MODULE)?), "the layer is not gzip"),
    (
        "other-file",
        |image| with_layer(image, &gzip(&tar("filter.wasm", MODULE)?)?),
        "the layer has no `plugin.wasm`: it has filter.wasm",
    ),
    (
        "other-diff-id",
        |image| with_layer(image, &gzip(&tar("plugin.wasm", MODULE)?)?),
        "`rootfs.diff_ids` of the configuration is not the layer's",
    ),
    ("no-module", |_| of_module(b"#!/bin/sh\n"), "`plugin.wasm` does not begin like a WebAssembly module"),
    ("garbage", |_| of_module(b"\0asm\x01\0\0\0garbage"), "Envoy refuses to load the module"),
];

const MODULE: &[u8] = b"\0asm\x01\0\0\0";

pub(crate) fn all() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    for (tag, broken, expected) in BROKEN {
        let image = broken(Image::compat(&filter()?)?)?;
        let to = of_image(&address, IMAGE, tag)?;
        RegistryClient::of(&to)?.push(&image, &|_| {}).context(tag)?;
        let text = fails(&["verify", &to.to_string()], expected).context(tag)?;
        ensure!(text.contains(&format!("error: {to}: ")), "{tag}: {text}");
    }
    let whole = Image::compat(&filter()?)?;
    let to = of_image(&address, IMAGE, "whole")?;
    RegistryClient::of(&to)?.push(&whole, &|_| {})?;
    let (to, index) = (of_image(&address, IMAGE, "index")?, index(&whole)?);
    RegistryClient::of(&to)?.push_raw(media_type::INDEX, index)?;
    fails(&["verify", &to.to_string()], "the reference is an index")?;
    println!("{} broken images are refused", BROKEN.len().saturating_add(1));
    Ok(())
}

/// Unusual images that are accepted: a manifest without a media type, and a directory before the file.
pub(crate) fn unusual() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    let image = Image::compat(&filter()?)?;
    let mut archive = tar::Builder::new(Vec::new());
    let mut directory = tar::Header::new_ustar();
    directory.set_entry_type(tar::EntryType::Directory);
    directory.set_size(0);
    archive.append_data(&mut directory, "./", std::io::empty())?;
    let mut file = tar::Header::new_ustar();
    let wasm = filter()?.wasm;
    file.set_size(u64::try_from(wasm.len())?);
    archive.append_data(&mut file, "./plugin.wasm", wasm.as_slice())?;
    let tar = archive.into_inner()?;
    let of_tar = with_config(with_layer(image.clone(), &gzip(&tar)?)?, &digest(&tar))?;
    let untyped = edited(image, |manifest| manifest.media_type.clear())?;
    for (tag, image) in [("folder", of_tar), ("no-type", untyped)] {
        let to = of_image(&address, IMAGE, tag)?;
        RegistryClient::of(&to)?.push(&image, &|_| {}).context(tag)?;
        succeeds(&["verify", &to.to_string()]).context(tag)?;
    }
    Ok(())
}

/// Builds an image whose configuration names another tar.
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

fn filter() -> Result<Filter> {
    filter::built(&Project::find()?, &["add-header"])?.pop().context("no filter")
}

fn of_module(wasm: &[u8]) -> Result<Image> {
    Image::compat(&Filter { wasm: wasm.into(), ..filter()? })
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
