//! Rules about the sources that no lint checks.

mod sources;

use std::fs;

use harness::parts;
use sources::sources;

#[test]
fn only_the_host_seam_depends_on_the_target() {
    let root = parts::root();
    let found: Vec<_> =
        ["shared/src", "filters"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
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
