//! Builds the modules that only tests use into `target/filters/tests`: the probe, and the examples of `proxy-filter`,
//! which are filters.

use std::fs;

use anyhow::{Context, Result};
use cargo_proxy_filter::build::link;
use cargo_proxy_filter::build::toolchain::Toolchain;
use cargo_proxy_filter::project::Project;
use harness::parts;

pub fn run() -> Result<()> {
    println!("building the modules for tests");
    let chosen = ["--package", "probe", "--package", "proxy-filter", "--lib", "--examples"];
    let project = Project::at(&parts::root())?;
    let linked = link::cargo(&project, &Toolchain::ready()?, link::RELEASE, "build", &chosen)?;
    let directory = parts::test_modules();
    if directory.exists() {
        fs::remove_dir_all(&directory).with_context(|| directory.display().to_string())?;
    }
    fs::create_dir_all(&directory)?;
    fs::copy(linked.join("probe.wasm"), directory.join("probe.wasm")).context("the probe")?;
    for example in fs::read_dir(parts::root().join("shared/examples"))? {
        let name = example?.path().with_extension("wasm");
        let name = name.file_name().context("an example without a name")?;
        let path = linked.join("examples").join(name);
        let wasm = fs::read(&path).with_context(|| path.display().to_string())?;
        fs::write(directory.join(name), proxy_filter_module::shipped(&wasm)?)?;
    }
    Ok(())
}
