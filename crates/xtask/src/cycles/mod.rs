//! Fails if the dependencies between files of a crate form a cycle.
//!
//! A file depends on the files that define the names it uses. The check follows re-exports to the definition, so a
//! `mod.rs` or `lib.rs` that only declares modules and re-exports their names is in no cycle. It ignores code for unit
//! tests (`#[cfg(test)]`), and calls of methods, whose definition only a compiler finds.

mod files;
mod graph;
mod module;
mod references;
mod resolve;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

use graph::Graph;
use module::Modules;

/// Checks every crate of the workspace.
pub fn run() -> Result<()> {
    let targets = targets()?;
    ensure!(!targets.is_empty(), "the workspace has no crates");
    let mut cycles = Vec::new();
    for root in &targets {
        cycles.extend(dependencies(&files::load(root)?).cycles());
    }
    cycles.sort();
    cycles.dedup();
    let shown = cycles.join("\n").replace(&format!("{}/", parts::root().display()), "");
    ensure!(
        cycles.is_empty(),
        "files depend on each other in a cycle; move what they share to another file:\n{shown}"
    );
    println!("no cycles in {} crates", targets.len());
    Ok(())
}

/// Builds the graph of files that use names from other files.
fn dependencies(modules: &Modules) -> Graph {
    let mut graph = Graph::default();
    for module in modules.iter() {
        for path in &module.references {
            if let Some((file, name)) = resolve::definition(modules, module, path)
                && file != module.file
            {
                graph.add(&module.file, &file, &name);
            }
        }
    }
    graph
}

/// Lists the root files of all crates except integration tests, whose `main.rs` lists the cases of its modules.
fn targets() -> Result<Vec<PathBuf>> {
    let metadata = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata = output(Command::new("cargo").args(metadata).current_dir(parts::root()))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let targets = packages.iter().flat_map(|package| package["targets"].as_array()).flatten();
    let is_test = |target: &serde_json::Value| target["kind"][0] == "test";
    let roots = targets.filter(|target| !is_test(target)).filter_map(|target| target["src_path"].as_str());
    Ok(roots.map(PathBuf::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds the cycles in a crate of these files. A line `// name` begins each file.
    fn cycles(crate_of_files: &str) -> Vec<String> {
        let files: Vec<_> = crate_of_files
            .split("// ")
            .filter_map(|file| file.split_once('\n'))
            .map(|(name, text)| (PathBuf::from(name.trim()), text.to_owned()))
            .collect();
        let modules = files::load_with(&PathBuf::from("lib.rs"), &|path| {
            files.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone())
        });
        dependencies(&modules.unwrap()).cycles()
    }

    #[test]
    fn a_cycle_is_shown_with_the_names_that_form_it() {
        let found = cycles(
            "// lib.rs\nmod a; mod b; mod c;\n\
             // a.rs\nuse crate::b::B; pub struct A; fn f(_: B) {}\n\
             // b.rs\nuse crate::c; pub struct B; fn f() { c::run(1) }\n\
             // c.rs\npub fn run(_: i32) { println!(\"{:?}\", super::a::A) }\n",
        );
        assert_eq!(found, ["  a.rs uses B of b.rs\n  b.rs uses run of c.rs\n  c.rs uses A of a.rs\n"]);
    }

    #[test]
    fn dependencies_in_one_direction_are_no_cycle() {
        let found = cycles(
            "// lib.rs\nmod a; mod b;\n// a.rs\npub struct A;\n\
             // b.rs\nuse std::fmt; use super::a::A; pub struct B(A); impl fmt::Debug for B {}\n",
        );
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn re_exports_are_followed_to_the_definition() {
        let lib = "// lib.rs\nmod face; mod user; pub use face::*;\n";
        let face = "// face/mod.rs\nmod one; mod two; pub use one::One; pub(crate) use two::Two as Other;\n";
        let of_two = |one: &str| {
            format!(
                "{lib}{face}// user.rs\npub struct User;\n// face/one.rs\n{one}\n\
                 // face/two.rs\nuse crate::One; pub struct Two(One);\n"
            )
        };
        assert_eq!(cycles(&of_two("pub struct One;")), Vec::<String>::new());
        let cycle = "  face/one.rs uses Two of face/two.rs\n  face/two.rs uses One of face/one.rs\n";
        assert_eq!(cycles(&of_two("pub struct One; fn f(_: super::Other) {}")), [cycle]);
        assert_eq!(cycles(&of_two("use super::*; pub struct One; fn f(_: Other) {}")), [cycle]);
    }

    #[test]
    fn a_parent_that_defines_what_its_child_uses_is_in_a_cycle() {
        let found = cycles(
            "// lib.rs\nmod a;\n// a.rs\nmod b; pub struct A; pub fn f() { b::g() }\n\
             // a/b.rs\nuse super::A; pub fn g() { let _ = A; }\n",
        );
        assert_eq!(found, ["  a/b.rs uses A of a.rs\n  a.rs uses g of a/b.rs\n"]);
    }

    #[test]
    fn unit_tests_are_ignored() {
        let found = cycles(
            "// lib.rs\nmod a; mod b;\n// b.rs\nuse crate::a::A; pub struct B(A);\n\
             // a.rs\npub struct A; #[cfg(test)] mod tests { use crate::b::B; fn f(_: B) {} }\n",
        );
        assert_eq!(found, Vec::<String>::new());
    }
}
