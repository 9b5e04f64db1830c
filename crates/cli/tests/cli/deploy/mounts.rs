//! Checks how a sidecar gets the module: annotations of the pod mount a ConfigMap.

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::manifests::file::ManifestFile;
use serde_json::{Value, json};

/// Returns the directory that the files of a filter mount its module in.
pub(crate) fn of(filter: &str, files: &[ManifestFile]) -> Result<String> {
    let of_kind = |kind: &str| {
        let file = files.iter().find(|file| file.document["kind"] == kind);
        file.map(|file| &file.document).with_context(|| format!("no {kind}"))
    };
    let (volume, mounted) = (format!("{filter}-wasm"), format!("/var/lib/istio-wasm/{filter}"));
    let made = &of_kind("Kustomization")?["configMapGenerator"][0]["name"];
    ensure!(*made == volume, "the ConfigMap is {made}, expected {volume}");
    let annotations = &of_kind("Deployment")?["spec"]["template"]["metadata"]["annotations"];
    let annotation = |name: &str| -> Result<Value> {
        let text = annotations[name].as_str().with_context(|| name.to_owned())?;
        serde_json::from_str(text).with_context(|| format!("{name} is not JSON"))
    };
    for (name, expected) in [
        ("sidecar.istio.io/userVolume", json!({"configMap": {"name": volume}})),
        ("sidecar.istio.io/userVolumeMount", json!({"mountPath": mounted, "readOnly": true})),
    ] {
        let found = annotation(name)?;
        ensure!(found == json!({&volume: expected}), "{name} is {found}");
    }
    Ok(mounted)
}
