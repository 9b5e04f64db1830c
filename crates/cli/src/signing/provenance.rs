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

/// The default for `--builder`, and SLSA's `buildType`: names the program, not the machine.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> (Filter, Origin) {
        let filter = Filter {
            name: "a-b".into(),
            image: "x/a-b".into(),
            description: String::new(),
            version: "1.2.3".into(),
            license: String::new(),
            wasm: Vec::new(),
        };
        let origin = Origin {
            module: "sha256:11".into(),
            repository: Some("https://git.example.com/a".into()),
            commit: Some("22".into()),
            lock: Some("sha256:33".into()),
            compiler: "rustc 1".into(),
        };
        (filter, origin)
    }

    #[test]
    fn a_statement_says_what_it_was_built_from() {
        let (filter, origin) = built();
        let statement =
            statement(Subject::new("r/x/a-b", "sha256:00"), &filter, &origin, "https://ci").unwrap();
        let statement: Value = serde_json::from_slice(&statement.to_bytes().unwrap()).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let expected = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {"name": "r/x/a-b", "digest": {"sha256": "00"}},
                {"name": "a-b.wasm", "digest": {"sha256": "11"}},
            ],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "pkg:cargo/cargo-proxy-filter",
                    "externalParameters": {"command": "build", "package": "a-b", "version": "1.2.3"},
                    "resolvedDependencies": [
                        {"name": "sources", "uri": "git+https://git.example.com/a", "digest": {"gitCommit": "22"}},
                        {"name": "Cargo.lock", "digest": {"sha256": "33"}},
                    ],
                },
                "runDetails": {
                    "builder": {"id": "https://ci", "version": {"cargo-proxy-filter": version, "rustc": "rustc 1"}},
                },
            },
        });
        assert_eq!(statement, expected);
        assert_eq!(described(&statement["predicate"]), "built by https://ci from commit 22");
    }

    #[test]
    fn sources_without_a_commit_have_no_provenance() {
        let (filter, origin) = built();
        let origin = Origin { commit: None, ..origin };
        let error = statement(Subject::new("x", "sha256:00"), &filter, &origin, BUILDER).unwrap_err();
        assert!(
            error.to_string().starts_with("it was built from sources that were not committed"),
            "{error}"
        );
    }
}
