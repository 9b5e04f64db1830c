//! What a registry sends is what was pushed, or is refused.
//!
//! An image is accepted only if its configuration and its layer have the digests and sizes in the manifest, and the module is in
//! the layer's tar, whose digest the configuration has. A signed statement is read only as it was signed, and only about the
//! digest that it names; a claim says what its JSON says. A referrer that is added to an index is there once, and everything else
//! of the index stays. Whatever the bytes are, nothing panics.
#![no_main]

use std::io::Read;

use arbitrary::Arbitrary;
use fuzz::filter::Filter;
use fuzz::oci::digest::digest;
use fuzz::oci::image::Image;
use fuzz::oci::{check, layer, referrer};
use fuzz::signing::bundle::Bundle;
use fuzz::signing::claim::Claim;
use fuzz::signing::key::SigningKey;
use fuzz::signing::statement::{Statement, Subject};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Text in what is signed.
const DIGESTS: [&str; 2] = [
    "sha256:8b0b23c1bb8d1b350bdd20c6a6f3e4a4e16971215498edf8d060794b3f27998f",
    "sha256:9b0b23c1bb8d1b350bdd20c6a6f3e4a4e16971215498edf8d060794b3f27998f",
];

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Image {
        module: &'a [u8],
        manifest: Vec<Change<'a>>,
        config: Vec<Change<'a>>,
        layer: Vec<Change<'a>>,
        matches: bool,
    },
    Layer {
        module: &'a [u8],
        tar: Vec<Change<'a>>,
    },
    Bundle {
        name: &'a str,
        is_second: bool,
        changes: Vec<Change<'a>>,
    },
    Claim {
        repository: &'a str,
        changes: Vec<Change<'a>>,
    },
    Index {
        changes: Vec<Change<'a>>,
        module: &'a [u8],
    },
}

/// Replaces some bytes.
#[derive(Arbitrary, Debug)]
struct Change<'a> {
    at: u16,
    length: u8,
    with: &'a [u8],
}

fn changed(bytes: &[u8], changes: &[Change<'_>]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for Change { at, length, with } in changes {
        let start = usize::from(*at) % (bytes.len() + 1);
        let end = (start + usize::from(*length)).min(bytes.len());
        bytes.splice(start..end, with.iter().copied());
    }
    bytes
}

fn image(module: &[u8]) -> Image {
    let wasm = [b"\0asm\x01\0\0\0", module].concat();
    Image::compat(&Filter { wasm, name: "add-header".into(), ..Filter::default() })
        .expect("an image in memory")
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Image { module, manifest, config, layer, matches } => {
        check_image(&image(module), &manifest, &config, &layer, matches);
    }
    Input::Layer { module, tar } => check_layer(module, &tar),
    Input::Bundle { name, is_second, changes } =>
        check_bundle(name, DIGESTS[usize::from(is_second)], &changes),
    Input::Claim { repository, changes } => check_claim(repository, &changes),
    Input::Index { changes, module } => check_index(&image(module), &changes),
});

/// A registry, or someone on the way, changes an image. If `matches`, the manifest is written anew for the changed blobs.
fn check_image(
    pushed: &Image,
    manifest: &[Change<'_>],
    config: &[Change<'_>],
    layer: &[Change<'_>],
    matches: bool,
) {
    let (config, layer) = (changed(&pushed.blobs[0].bytes, config), changed(&pushed.blobs[1].bytes, layer));
    let mut manifest = changed(&pushed.manifest, manifest);
    if matches && let Ok(mut value) = serde_json::from_slice::<Value>(&manifest) {
        for (place, bytes) in [("/config", &config), ("/layers/0", &layer)] {
            if let Some(Value::Object(fields)) = value.pointer_mut(place) {
                fields.insert("digest".into(), digest(bytes).into());
                fields.insert("size".into(), bytes.len().into());
            }
        }
        manifest = value.to_string().into_bytes();
    }
    let Ok(blobs) = check::manifest(&manifest, &|_| {}) else { return };
    let Ok(module) = check::module(&blobs, &config, &layer, &|_| {}) else { return };
    for (descriptor, bytes) in [(&blobs.config, &config), (&blobs.layer, &layer)] {
        assert_eq!((descriptor.digest.as_str(), descriptor.size), (digest(bytes).as_str(), bytes.len()));
    }
    let value: Value = serde_json::from_slice(&manifest).expect("it was read");
    assert_eq!(value.pointer("/layers/0/digest"), Some(&digest(&layer).into()));
    assert_eq!(value.pointer("/layers/1"), None);
    assert!(module.starts_with(b"\0asm"));
    let tar = unpacked(&layer);
    assert!(tar.windows(module.len()).any(|bytes| bytes == module), "the module is not in the layer");
    let config: Value = serde_json::from_slice(&config).expect("it was read");
    assert_eq!(config.pointer("/rootfs/diff_ids/0"), Some(&digest(&tar).into()));
}

fn unpacked(layer: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    flate2::read::MultiGzDecoder::new(layer).read_to_end(&mut tar).expect("it was unpacked");
    tar
}

/// A layer with another tar.
fn check_layer(module: &[u8], changes: &[Change<'_>]) {
    use std::io::Write;
    let pushed = layer::Layer::of(module).expect("a layer in memory");
    let tar = changed(&unpacked(&pushed.bytes), changes);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gzip.write_all(&tar).expect("in memory");
    let packed = gzip.finish().expect("in memory");
    let Ok((found, diff_id)) = layer::module(&packed) else { return };
    assert_eq!(diff_id, digest(&tar));
    assert!(found.is_empty() || tar.windows(found.len()).any(|bytes| bytes == found));
    assert!(found.len() <= tar.len());
}

fn check_bundle(name: &str, about: &str, changes: &[Change<'_>]) {
    let key = SigningKey::default();
    let statement = Statement::signed(Subject::new(name, about)).to_bytes().expect("JSON");
    let bundle = serde_json::to_vec(&Bundle::sign(&statement, &key).expect("it signs")).expect("JSON");
    let received = changed(&bundle, changes);
    let Ok(bundle) = Bundle::parse(&received) else { return };
    let Ok(said) = bundle.dsse_envelope.open(key.public()) else {
        assert_ne!(
            received,
            serde_json::to_vec(&Bundle::sign(&statement, &key).expect("it signs")).expect("JSON")
        );
        return;
    };
    assert_eq!(said, statement, "it was not signed");
    for digest in DIGESTS {
        let read = Statement::about(&said, digest);
        assert_eq!(read.is_ok(), digest == about);
        if let Ok(read) = read {
            assert_eq!(read.name_of(digest), Some(name).filter(|name| !name.is_empty()));
        }
    }
}

fn check_claim(repository: &str, changes: &[Change<'_>]) {
    let claim = Claim { repository: repository.into(), digest: DIGESTS[0].into() };
    let received = changed(&claim.to_bytes().expect("JSON"), changes);
    match Claim::parse(&received) {
        Ok(read) => {
            let value: Value = serde_json::from_slice(&received).expect("it was read");
            let text = |place| value.pointer(place).and_then(Value::as_str).map(str::to_owned);
            assert_eq!(text("/critical/image/docker-manifest-digest"), Some(read.digest.clone()));
            assert_eq!(text("/critical/identity/docker-reference"), Some(read.repository.clone()));
            assert_eq!(text("/critical/type").as_deref(), Some("cosign container image signature"));
            assert_eq!(Claim::parse(&read.to_bytes().expect("JSON")).expect("it was written"), read);
        }
        Err(_) => assert!(!changes.is_empty()),
    }
}

fn check_index(image: &Image, changes: &[Change<'_>]) {
    let before = changed(
        br#"{"schemaVersion":2,"mediaType":"x","manifests":[{"digest":"sha256:1","size":1},{"a":null}],"annotations":{"a":"b"}}"#,
        changes,
    );
    // Numbers of an index are sizes. serde_json keeps whole numbers of 64 bits, and rounds others.
    if serde_json::from_slice(&before).is_ok_and(|index: Value| has_rounded_number(&index)) {
        return;
    }
    let Ok(added) = referrer::append_to_index(Some(&before), image) else { return };
    assert_eq!(referrer::append_to_index(Some(&added), image).expect("an index"), added, "added twice");
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("it was read");
    let (mut before, mut after) = (read(&before), read(&added));
    let entries =
        |index: &mut Value| index["manifests"].as_array_mut().map(std::mem::take).expect("an index");
    let is_own = |entry: &Value| entry["digest"] == image.digest().as_str();
    let (others, (own, kept)) =
        (entries(&mut before), entries(&mut after).into_iter().partition::<Vec<_>, _>(is_own));
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["size"], image.manifest.len());
    assert_eq!(kept, others.into_iter().filter(|entry| !is_own(entry)).collect::<Vec<_>>());
    assert_eq!(before, after);
}

fn has_rounded_number(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_rounded_number),
        Value::Object(fields) => fields.values().any(has_rounded_number),
        _ => false,
    }
}
