//! Where `unsafe` is, in what ships: every use is counted, with its reason.

mod sources;
mod tokens;

use std::collections::BTreeMap;
use std::path::Path;

use harness::parts;
use sources::sources;
use tokens::unsafe_in;

/// The files that contain the keyword, how often (tests of the file count too), and why. A new use needs a line here.
const ALLOWED: [(&str, usize, &str); 6] = [
    ("shared/src/entry/export.rs", 4, "names of exports and of a custom section"),
    ("shared/src/entry/wasm/exports.rs", 6, "names of exports, and a call of the one that an export wraps"),
    ("shared/src/sys/allocator.rs", 18, "a global allocator"),
    ("shared/src/sys/memory.rs", 6, "`memcmp`, which the compiler calls with pointers"),
    ("shared/src/sys/wasm.rs", 6, "imports, which take pointers, and memory that the host hands over"),
    ("shared/src/sys/wasm/tests.rs", 8, "the host of a test in Miri"),
];

/// The sources of what ships in modules.
const SHIPPED: [&str; 4] = ["crates/limits/src", "crates/regex-replace/src", "filters", "shared/src"];

#[test]
fn every_use_of_unsafe_is_listed() {
    let root = parts::root();
    let files: Vec<_> = SHIPPED.iter().flat_map(|folder| sources(&root.join(folder))).collect();
    assert!(files.len() > 100, "only {} sources", files.len());
    let name = |file: &Path| file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    let counted: BTreeMap<_, _> =
        files.iter().map(|file| (name(file), unsafe_in(file))).filter(|(_, count)| *count > 0).collect();
    let allowed: BTreeMap<_, _> =
        ALLOWED.iter().map(|(file, count, _)| ((*file).to_owned(), *count)).collect();
    assert_eq!(counted, allowed, "a new use of `unsafe` needs a reason in {}", file!());
}
