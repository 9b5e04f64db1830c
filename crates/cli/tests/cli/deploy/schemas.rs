//! Checks that every file with a kind matches the schema of that kind. `schemas/README.md` lists the schemas' sources.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use cargo_proxy_filter::manifests::file::{ManifestFile, below};
use cargo_proxy_filter::project::Project;
use jsonschema::Validator;
use serde_json::{Value, json};

macro_rules! schema {
    ($kind:literal) => {
        include_str!(concat!("../schemas/", $kind, ".json"))
    };
}

/// The schema of each kind.
const SCHEMAS: [(&str, &str, &str); 8] = [
    ("apps/v1", "Deployment", schema!("Deployment")),
    ("v1", "Service", schema!("Service")),
    ("extensions.istio.io/v1alpha1", "TrafficExtension", schema!("TrafficExtension")),
    ("extensions.istio.io/v1alpha1", "WasmPlugin", schema!("WasmPlugin")),
    ("networking.istio.io/v1alpha3", "EnvoyFilter", schema!("EnvoyFilter")),
    ("gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy", schema!("EnvoyExtensionPolicy")),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization", schema!("Kustomization")),
    ("", "Compose", schema!("Compose")),
];

/// Directories with files that have a kind, and the minimum number of such files.
const DIRECTORIES: [(&str, usize); 4] =
    [("istio", 20), ("kubernetes", 3), ("envoy-gateway", 3), ("compose", 1)];

/// A field that no schema has.
const UNKNOWN: &str = "portt";

pub(crate) fn strict() -> Result<()> {
    let schemas = Schemas::compile()?;
    for (directory, least) in DIRECTORIES {
        let files = of_a_kind(directory)?;
        ensure!(
            files.len() >= least,
            "deploy/{directory} has {} files with a kind, expected at least {least}",
            files.len()
        );
        for file in &files {
            schemas
                .check(&file.path, &file.document)
                .with_context(|| format!("deploy/{}", file.path.display()))?;
        }
        println!("deploy/{directory}: {} files match their schemas", files.len());
    }
    Ok(())
}

/// An unknown field in any object of any file is found, except in objects that other programs read.
pub(crate) fn misspelt() -> Result<()> {
    let (schemas, mut tried) = (Schemas::compile()?, 0_usize);
    for (directory, _) in DIRECTORIES {
        for file in of_a_kind(directory)? {
            for place in objects(&file.document, "") {
                if is_free(&place) {
                    continue;
                }
                let mut wrong = file.document.clone();
                wrong.pointer_mut(&place).context("the place is in the file")?[UNKNOWN] = json!({"a": 7});
                let shown = format!("deploy/{} accepts `{UNKNOWN}` at `{place}`", file.path.display());
                let error = schemas.check(&file.path, &wrong).err().with_context(|| shown.clone())?;
                // Of alternatives the message may name the object instead of the field.
                ensure!(!place.is_empty() || error.to_string().contains(UNKNOWN), "{shown}: {error:#}");
                tried = tried.saturating_add(1);
            }
        }
    }
    ensure!(tried > 150, "only {tried} places were tried");
    println!("an unknown field was found in each of {tried} places");
    Ok(())
}

/// Without capabilities an entry point cannot change its user, so the Deployment has to name one.
pub(crate) fn users() -> Result<()> {
    let files = below(&Project::find()?.root().join("deploy"), "kubernetes")?;
    let file = files.iter().find(|file| file.document["kind"] == "Deployment").context("no Deployment")?;
    let containers = file.document.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    let contexts = containers.context("no containers")?.iter().map(|container| &container["securityContext"]);
    let dropped: Vec<_> = contexts.filter(|context| context["capabilities"]["drop"][0] == "ALL").collect();
    ensure!(!dropped.is_empty(), "no container drops its capabilities");
    ensure!(
        dropped.iter().all(|context| context["runAsUser"].is_u64()),
        "a container sets no user: {dropped:?}"
    );
    Ok(())
}

/// Reads the files below a directory that are not configurations of Envoy.
fn of_a_kind(directory: &str) -> Result<Vec<ManifestFile>> {
    let mut files = below(&Project::find()?.root().join("deploy"), directory)?;
    files.retain(|file| !file.path.ends_with("envoy.yaml"));
    Ok(files)
}

/// The compiled schemas, by version and kind.
struct Schemas(BTreeMap<(&'static str, &'static str), Validator>);

impl Schemas {
    fn compile() -> Result<Self> {
        let compiled = |(version, kind, schema): (_, &'static str, &str)| {
            let schema: Value = serde_json::from_str(schema).with_context(|| kind.to_owned())?;
            let validator = jsonschema::draft202012::new(&schema);
            Ok(((version, kind), validator.map_err(|error| anyhow!("{kind}: {error}"))?))
        };
        Ok(Self(SCHEMAS.into_iter().map(compiled).collect::<Result<_>>()?))
    }

    fn check(&self, path: &Path, document: &Value) -> Result<()> {
        let field = |name: &str| document[name].as_str().unwrap_or_default();
        let kind = match document.get("services") {
            Some(_) => ("", "Compose"),
            None => (field("apiVersion"), field("kind")),
        };
        let validator = self.0.get(&kind).with_context(|| format!("no schema for {kind:?}"))?;
        let document = if path.ends_with("mount.yaml") { completed(document) } else { document.clone() };
        let errors: Vec<_> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path))
            .collect();
        ensure!(errors.is_empty(), "{}", errors.join("\n"));
        Ok(())
    }
}

/// Completes a patch of a Deployment, which omits what a Deployment requires.
fn completed(patch: &Value) -> Value {
    let mut deployment = patch.clone();
    deployment["spec"]["selector"] = json!({});
    deployment
}

/// Returns whether any field is allowed at a place: in maps of strings, and in configurations that Envoy and the
/// filters read.
fn is_free(place: &str) -> bool {
    const MAPS: [&str; 6] = ["labels", "annotations", "matchLabels", "requests", "limits", "services"];
    const CONFIGURATIONS: [&str; 3] = ["pluginConfig", "value", "config"];
    let mut fields = place.split('/');
    let is_map = fields.clone().next_back().is_some_and(|last| MAPS.contains(&last));
    // A Service selects pods by labels.
    is_map || fields.any(|field| CONFIGURATIONS.contains(&field)) || place == "/spec/selector"
}

/// Returns the JSON pointers of all objects.
fn objects(value: &Value, at: &str) -> Vec<String> {
    let fields: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    let below = fields.iter().flat_map(|(name, value)| objects(value, &format!("{at}/{name}")));
    value.is_object().then(|| at.to_owned()).into_iter().chain(below).collect()
}
