//! Builds the modules that only tests use into `target/filters/tests`: the probe, and examples, which are filters.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_proxy_filter::build::link;
use cargo_proxy_filter::build::toolchain::Toolchain;
use cargo_proxy_filter::project::Project;
use harness::parts;

/// The folders of examples that become modules as filters do.
const FILTERS: [&str; 2] = ["shared/examples", "crates/book/examples"];

/// The folder of examples that are written with nothing but the SDK: their modules stay as they are linked.
const PLAIN: &str = "crates/book/plain/examples";

/// The example that is the book's filter, and its module. Its tests are those of a project of its own, so they look for the
/// module where filters are.
const OF_THE_BOOK: [&str; 2] = ["auth_gate.wasm", "auth-gate.wasm"];

const PACKAGES: [&str; 4] = ["probe", "proxy-filter", "book", "book-plain"];

/// Examples that are also linked as plain cargo does.
const PLAIN_CARGO: [&str; 3] = ["call_services", "ask_services", "mask_digits"];

pub fn run() -> Result<()> {
    println!("building the modules for tests");
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    let chosen: Vec<_> = packages.chain(["--lib", "--examples"]).collect();
    let project = Project::at(&parts::root())?;
    let toolchain = Toolchain::ready()?;
    let linked = link::cargo(&project, &toolchain, link::RELEASE, "build", &chosen)?;
    let directory = parts::test_modules();
    if directory.exists() {
        fs::remove_dir_all(&directory).with_context(|| directory.display().to_string())?;
    }
    fs::create_dir_all(&directory)?;
    fs::copy(linked.join("probe.wasm"), directory.join("probe.wasm")).context("the probe")?;
    let linked = linked.join("examples");
    for folder in FILTERS {
        for name in modules(folder)? {
            let wasm = read(&linked.join(&name))?;
            fs::write(directory.join(name), proxy_filter_module::shipped(&wasm)?)?;
        }
    }
    let [example, module] = OF_THE_BOOK;
    fs::copy(directory.join(example), parts::filters().join(module)).context(example)?;
    for name in modules(PLAIN)? {
        fs::write(directory.join(&name), read(&linked.join(&name))?)?;
    }
    plain_cargo(&project, &toolchain, &directory.join("plain-cargo"))
}

fn plain_cargo(project: &Project, toolchain: &Toolchain, directory: &Path) -> Result<()> {
    let examples = PLAIN_CARGO.iter().flat_map(|example| ["--example", example]);
    let chosen: Vec<_> = ["--package", "proxy-filter"].into_iter().chain(examples).collect();
    let linked = link::cargo(project, toolchain, link::PLAIN, "build", &chosen)?.join("examples");
    fs::create_dir_all(directory)?;
    for example in PLAIN_CARGO {
        let name = format!("{example}.wasm");
        fs::write(directory.join(&name), read(&linked.join(&name))?)?;
    }
    Ok(())
}

/// Returns the names of the modules of a folder's examples.
fn modules(folder: &str) -> Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for example in fs::read_dir(parts::root().join(folder)).with_context(|| folder.to_owned())? {
        let module = example?.path().with_extension("wasm");
        names.push(module.file_name().context("an example without a name")?.into());
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}
