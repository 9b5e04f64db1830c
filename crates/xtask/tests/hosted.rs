//! Checks the files that only a code host reads: workflows and forms for issues.

use std::fs;

use harness::parts;
use serde_json::Value;

/// Returns the files of a directory as JSON, with their names.
fn files(directory: &str) -> Vec<(String, Value)> {
    let entries = fs::read_dir(parts::root().join(directory)).unwrap();
    let parsed = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, value)
    });
    parsed.collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[test]
fn workflows_may_only_read_and_run_what_exists() {
    let justfile = fs::read_to_string(parts::root().join("justfile")).unwrap();
    let (mut runs, mut uses) = (Vec::new(), 0);
    for (name, workflow) in files(".github/workflows") {
        assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}), "{name}");
        for (job, steps) in workflow["jobs"].as_object().unwrap() {
            assert!(steps.get("permissions").is_none(), "{name}: {job}");
            assert!(steps["timeout-minutes"].is_u64(), "{name}: {job} may run for hours");
            for step in list(&steps["steps"]) {
                runs.extend(step["run"].as_str().map(str::to_owned));
                if let Some(action) = step["uses"].as_str() {
                    let version =
                        action.split_once("@v").and_then(|(_, version)| version.parse::<u32>().ok());
                    assert!(version.is_some(), "{name}: {action} has no major version");
                    uses += 1;
                }
            }
        }
    }
    assert!(uses >= 3 && runs.iter().any(|run| run == "bash .ci/run"), "{runs:?}");
    for recipe in runs.iter().filter_map(|run| run.strip_prefix("just ")?.split(' ').next()) {
        let is_head = |line: &str| {
            line.strip_prefix(recipe).is_some_and(|rest| rest.starts_with([':', ' ']) && rest.contains(':'))
        };
        assert!(justfile.lines().any(is_head), "there is no `just {recipe}`");
    }
}

#[test]
fn forms_ask_for_something() {
    let forms = files(".github/ISSUE_TEMPLATE");
    assert!(forms.len() >= 2);
    for (name, form) in forms {
        assert!(form["name"].is_string() && form["description"].is_string(), "{name}");
        let questions: Vec<_> = list(&form["body"]).filter(|part| part["type"] != "markdown").collect();
        assert!(!questions.is_empty(), "{name}");
        for question in questions {
            assert!(question["id"].is_string(), "{name}: {question}");
            assert!(question["attributes"]["label"].is_string(), "{name}: {question}");
        }
    }
}
