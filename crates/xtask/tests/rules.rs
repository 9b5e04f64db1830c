//! Rules about the sources that no lint checks.

use std::fs;
use std::path::{Path, PathBuf};

use harness::parts;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_the_host_seam_depends_on_the_target() {
    let root = parts::root();
    let mut found = Vec::new();
    sources(&root.join("shared/src"), &mut found);
    sources(&root.join("filters"), &mut found);
    assert!(found.len() > 20, "only {} sources", found.len());
    let seam = ["sys", "entry/wasm", "entry/export.rs"].map(|part| root.join("shared/src").join(part));
    for path in found.iter().filter(|path| !seam.iter().any(|part| path.starts_with(part))) {
        let text = fs::read_to_string(path).unwrap();
        assert!(
            !text.contains("target_arch"),
            "{} has `target_arch`: only these may: {seam:?}",
            path.display()
        );
    }
}
