//! What a module was built from, as SLSA's provenance.
//!
//! The same sources and compiler give the same bytes: no time, and nothing about the machine.
//!
//! Source: <https://slsa.dev/spec/v1.0/provenance>.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::statement::{PROVENANCE, Statement, Subject};
use crate::build::origin::Origin;
use crate::filter::Filter;

/// The builder that a user does not name, and the type of build. It says only which program ran, not where.
pub const BUILDER: &str = "pkg:cargo/cargo-proxy-filter";

/// Builds the statement about an image with this module.
///
/// # Errors
/// The sources had changes that git does not have.
pub fn statement(image: Subject, filter: &Filter, origin: &Origin, builder: &str) -> Result<Statement> {
    const CHANGED: &str =
        "it was built from sources that were not committed: commit them, and build it again";
    let commit = origin.commit.as_ref().context(CHANGED)?;
    let mut sources = json!({"name": "sources", "digest": {"gitCommit": commit}});
    if let (Some(repository), Some(fields)) = (&origin.repository, sources.as_object_mut()) {
        fields.insert("uri".into(), format!("git+{repository}").into());
    }
    let lock = origin.lock.as_ref().and_then(|digest| digest.strip_prefix("sha256:"));
    let lock = lock.map(|digest| json!({"name": "Cargo.lock", "digest": {"sha256": digest}}));
    let materials: Vec<Value> = [Some(sources), lock].into_iter().flatten().collect();
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILDER,
            "externalParameters": {"command": "build", "package": filter.name, "version": filter.version},
            "resolvedDependencies": materials,
        },
        "runDetails": {
            "builder": {
                "id": builder,
                "version": {"cargo-proxy-filter": env!("CARGO_PKG_VERSION"), "rustc": origin.compiler},
            },
        },
    });
    let module = Subject::new(&format!("{}.wasm", filter.name), &origin.module);
    Ok(Statement::new(vec![image, module], PROVENANCE, predicate))
}

/// Describes a provenance in a line: the builder and the commit.
pub fn described(predicate: &Value) -> String {
    let text = |pointer: &str| predicate.pointer(pointer).and_then(Value::as_str);
    let builder = text("/runDetails/builder/id").unwrap_or("an unnamed builder");
    let sources = predicate.pointer("/buildDefinition/resolvedDependencies").and_then(Value::as_array);
    let commit =
        |source: &Value| source.pointer("/digest/gitCommit").and_then(Value::as_str).map(str::to_owned);
    match sources.into_iter().flatten().find_map(commit) {
        Some(commit) => format!("built by {builder} from commit {commit}"),
        None => format!("built by {builder}"),
    }
}
