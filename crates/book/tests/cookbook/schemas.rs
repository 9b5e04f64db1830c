//! The resources of the pages, checked against the schemas of their kinds.

use anyhow::{Context, Result, anyhow, ensure};
use book::cookbook::Job;
use jsonschema::Validator;
use serde_json::Value;

macro_rules! schema {
    ($kind:literal) => {
        include_str!(concat!("../../../cli/tests/cli/schemas/", $kind, ".json"))
    };
}

/// Checks every resource. An unknown field fails.
pub(crate) fn strict(jobs: &[Job]) -> Result<()> {
    let (istio, gateway) = (compiled(schema!("WasmPlugin"))?, compiled(schema!("EnvoyExtensionPolicy"))?);
    for job in jobs {
        check(&istio, &job.wasm_plugin()).with_context(|| format!("WasmPlugin of {}", job.name))?;
        if let Some(policy) = job.envoy_extension_policy() {
            check(&gateway, &policy).with_context(|| format!("EnvoyExtensionPolicy of {}", job.name))?;
        }
    }
    Ok(())
}

fn compiled(schema: &str) -> Result<Validator> {
    jsonschema::draft202012::new(&serde_json::from_str(schema)?).map_err(|error| anyhow!("{error}"))
}

fn check(schema: &Validator, resource: &str) -> Result<()> {
    let resource: Value = serde_saphyr::from_str(resource)?;
    let errors: Vec<_> =
        schema.iter_errors(&resource).map(|error| format!("{}: {error}", error.instance_path)).collect();
    ensure!(errors.is_empty(), "{}", errors.join("\n"));
    Ok(())
}
