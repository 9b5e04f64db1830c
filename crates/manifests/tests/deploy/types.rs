//! Kinds that no crate has, as far as `deploy/` uses them. `just test-consumers` holds the files against Envoy
//! Gateway's and Kustomize's own code.

// They are read for their shape.
#![allow(dead_code)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Source: `api/v1alpha1/envoyextensionpolicy_types.go` and `wasm_types.go` of Envoy Gateway 1.9.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnvoyExtensionPolicy {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: PolicySpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicySpec {
    target_refs: Vec<Target>,
    wasm: Vec<Wasm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    group: String,
    kind: TargetKind,
    name: String,
    section_name: Option<String>,
}

#[derive(Deserialize)]
enum TargetKind {
    Gateway,
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wasm {
    name: String,
    #[serde(rename = "rootID")]
    root_id: String,
    fail_open: bool,
    code: Code,
    config: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Code {
    Image { image: Image },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    url: String,
    sha256: Option<String>,
}

/// Source: `api/types/kustomization.go` of Kustomize 5.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Kustomization {
    api_version: String,
    kind: String,
    resources: Option<Vec<String>>,
    config_map_generator: Vec<Generator>,
    generator_options: Option<GeneratorOptions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generator {
    name: String,
    namespace: Option<String>,
    files: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GeneratorOptions {
    disable_name_suffix_hash: bool,
}
