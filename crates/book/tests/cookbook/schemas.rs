//! The resources of the pages, checked against the schemas of their kinds.

use anyhow::{Context, Result, anyhow, ensure};
use book::cookbook::{Job, jobs};
use book::{Product, Run, products};
use jsonschema::Validator;
use serde_json::Value;

macro_rules! schema {
    ($kind:literal) => {
        include_str!(concat!("../../../cli/tests/cli/schemas/", $kind, ".json"))
    };
}

/// Checks every resource. An unknown field fails.
pub(crate) fn strict() -> Result<()> {
    forms(&jobs()?)?;
    others(&products()?)
}

/// Checks the forms of the cookbook.
fn forms(jobs: &[Job]) -> Result<()> {
    let (istio, older) = (compiled(schema!("TrafficExtension"))?, compiled(schema!("WasmPlugin"))?);
    let gateway = compiled(schema!("EnvoyExtensionPolicy"))?;
    for job in jobs {
        let extension: Value = serde_saphyr::from_str(&job.traffic_extension())?;
        check(&istio, &extension).with_context(|| format!("TrafficExtension of {}", job.name))?;
        check(&older, &moved(extension)).with_context(|| format!("WasmPlugin of {}", job.name))?;
        if let Some(policy) = job.envoy_extension_policy() {
            check(&gateway, &serde_saphyr::from_str(&policy)?)
                .with_context(|| format!("EnvoyExtensionPolicy of {}", job.name))?;
        }
    }
    Ok(())
}

/// Checks what other products' configurations have a schema here.
fn others(products: &[Product]) -> Result<()> {
    let istio = compiled(schema!("VirtualService"))?;
    let pairs = products.iter().flat_map(|product| &product.pairs);
    for pair in pairs.filter(|pair| pair.run == Some(Run::Schema)) {
        check(&istio, &serde_saphyr::from_str(&pair.theirs)?).with_context(|| pair.theirs.clone())?;
    }
    Ok(())
}

fn compiled(schema: &str) -> Result<Validator> {
    jsonschema::draft202012::new(&serde_json::from_str(schema)?).map_err(|error| anyhow!("{error}"))
}

/// Makes a WasmPlugin of a TrafficExtension, as the cookbook's first page says.
fn moved(mut extension: Value) -> Value {
    if let Some(spec) = extension["spec"].as_object_mut() {
        let wasm = spec.remove("wasm");
        spec.extend(wasm.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    }
    extension["kind"] = "WasmPlugin".into();
    extension
}

fn check(schema: &Validator, resource: &Value) -> Result<()> {
    let errors: Vec<_> =
        schema.iter_errors(resource).map(|error| format!("{}: {error}", error.instance_path)).collect();
    ensure!(errors.is_empty(), "{}", errors.join("\n"));
    Ok(())
}
