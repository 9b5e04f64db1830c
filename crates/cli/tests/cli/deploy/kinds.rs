//! Every kind, field by field.

use anyhow::{Context, Result, bail, ensure};
use docker_compose_types::Compose;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use kcr_extensions_istio_io::v1alpha1::wasmplugins::WasmPlugin;
use kcr_networking_istio_io::v1alpha3::envoyfilters::EnvoyFilter;
use manifests::below;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::types::{EnvoyExtensionPolicy, Kustomization};

/// Folders with such files, and how many there are at least.
const FOLDERS: [(&str, usize); 3] = [("istio", 16), ("kubernetes", 3), ("envoy-gateway", 3)];

pub(crate) fn strict() -> Result<()> {
    for (folder, least) in FOLDERS {
        let mut checked = 0_usize;
        for file in below(folder)? {
            let Some(kind) = file.document["kind"].as_str() else { continue };
            check(kind, &file.document).with_context(|| file.path.display().to_string())?;
            checked = checked.saturating_add(1);
        }
        ensure!(checked >= least, "{checked} files were checked in deploy/{folder}, not {least}");
        println!("deploy/{folder}: {checked} files are as their schemas say");
    }
    Ok(())
}

/// Without capabilities no image's entry point changes users: who it runs as is to be said.
pub(crate) fn users() -> Result<()> {
    let files = below("kubernetes")?;
    let file = files.iter().find(|file| file.document["kind"] == "Deployment").context("a Deployment")?;
    let containers = file.document.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    let contexts = containers.context("containers")?.iter().map(|container| &container["securityContext"]);
    let dropped: Vec<_> = contexts.filter(|context| context["capabilities"]["drop"][0] == "ALL").collect();
    ensure!(!dropped.is_empty(), "no container drops its capabilities");
    ensure!(dropped.iter().all(|context| context["runAsUser"].is_u64()), "no user is set: {dropped:?}");
    Ok(())
}

/// The compose file, in which wrong fields are found too.
pub(crate) fn compose() -> Result<()> {
    let files = below("compose")?;
    let file = files.iter().find(|file| file.path.ends_with("compose.yaml")).context("a compose file")?;
    is::<Compose>(&file.document)?;
    for place in ["/services/envoy", ""] {
        let mut wrong = file.document.clone();
        wrong.pointer_mut(place).context(place)?["portts"] = 7.into();
        ensure!(is::<Compose>(&wrong).is_err(), "`{place}` may have any field");
    }
    Ok(())
}

pub(crate) fn misspelt() -> Result<()> {
    for (kind, place) in [
        ("WasmPlugin", "spec"),
        ("Deployment", "spec"),
        ("EnvoyFilter", "spec"),
        ("Service", "spec"),
        ("EnvoyExtensionPolicy", "spec"),
        ("Kustomization", "generatorOptions"),
    ] {
        let file = FOLDERS.iter().flat_map(|(folder, _)| below(folder)).flatten();
        let mut file = file.into_iter().find(|file| file.document["kind"] == kind).context("there is one")?;
        file.document[place]["portt"] = 7.into();
        let error = check(kind, &file.document).err().context("it is accepted")?;
        ensure!(error.to_string().contains("portt"), "{error:#}");
    }
    Ok(())
}

fn check(kind: &str, document: &Value) -> Result<()> {
    match (document["apiVersion"].as_str().unwrap_or_default(), kind) {
        ("extensions.istio.io/v1alpha1", "WasmPlugin") => is::<WasmPlugin>(document),
        ("networking.istio.io/v1alpha3", "EnvoyFilter") => is::<EnvoyFilter>(document),
        ("apps/v1", "Deployment") => patched(document).and_then(|document| is::<Deployment>(&document)),
        ("v1", "Service") => is::<Service>(document),
        ("gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy") => is::<EnvoyExtensionPolicy>(document),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization") => is::<Kustomization>(document),
        (version, kind) => bail!("{version} {kind} is not a kind that is checked"),
    }
}

/// Reads a document as a type, and refuses fields that the type does not have.
fn is<T: DeserializeOwned>(document: &Value) -> Result<()> {
    let mut ignored = Vec::new();
    let _: T = serde_ignored::deserialize(document, |path| ignored.push(path.to_string()))?;
    // The typed resources do not read these themselves.
    ignored.retain(|path| !["apiVersion", "kind"].contains(&path.as_str()));
    ensure!(ignored.is_empty(), "there are no such fields: {}", ignored.join(", "));
    Ok(())
}

/// A patch of a Deployment lacks what the Deployment has.
fn patched(document: &Value) -> Result<Value> {
    let mut whole = document.clone();
    let spec = whole["spec"].as_object_mut().context("a spec")?;
    spec.entry("selector").or_insert_with(|| serde_json::json!({}));
    Ok(whole)
}
