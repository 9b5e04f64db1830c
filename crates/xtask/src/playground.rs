//! Builds, serves and tests the playground.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cargo_proxy_filter::build::link;
use cargo_proxy_filter::build::toolchain::Toolchain;
use cargo_proxy_filter::project::Project;
use harness::parts;

use crate::chromium;
use crate::node::Node;

/// The sources of the page.
const PAGE: &str = "crates/playground/page";

/// The environment variable that names the folder of the npm packages.
const NPM_MODULES: &str = "NPM_MODULES";

/// Where the page is built.
fn output() -> PathBuf {
    parts::root().join("target/playground")
}

/// Builds the page into `target/playground`, with the filters that `just build` has built.
///
/// # Errors
/// A module is missing or does not compile, or there is no Node.js and it cannot be fetched.
pub fn build() -> Result<()> {
    build_with(&Node::ready()?)
}

fn packages(node: &Node) -> Result<PathBuf> {
    node.packages("playground-npm", &parts::root().join(PAGE))
}

fn build_with(node: &Node) -> Result<()> {
    let packages = packages(node)?;
    let output = output();
    if output.exists() {
        fs::remove_dir_all(&output).with_context(|| output.display().to_string())?;
    }
    fs::create_dir_all(output.join("filters"))?;
    for name in parts::filter_names()? {
        let module = parts::filter(&name);
        fs::copy(&module, output.join("filters").join(format!("{name}.wasm")))
            .with_context(|| format!("{} is missing: run `just build`", module.display()))?;
    }
    let project = Project::at(&parts::root())?;
    let chosen = ["--quiet", "--package", "playground", "--lib"];
    let linked = link::cargo(&project, &Toolchain::ready()?, link::PLAIN, "build", &chosen)?;
    fs::copy(linked.join("playground.wasm"), output.join("playground.wasm")).context("the bridge")?;
    let mut bundle = node.script(&parts::root().join(PAGE).join("build.mjs"));
    let status = bundle.arg(&output).env(NPM_MODULES, &packages).status().context("cannot run Node.js")?;
    ensure!(status.success(), "{PAGE}/build.mjs failed");
    Ok(())
}

/// Serves the page on loopback: becomes the server, so that a signal ends it.
///
/// # Errors
/// There is no Python.
pub fn serve() -> Result<()> {
    // Python would choose a port, but not say which.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    println!("\nhttp://127.0.0.1:{port}/  (Ctrl-C ends it)");
    let mut server = Command::new("python3");
    server.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string(), "--directory"]).arg(output());
    let error = server.stdout(Stdio::null()).stderr(Stdio::null()).exec();
    Err(error).context("cannot run python3: install Python 3 (Debian package python3)")
}

/// Checks the page's formatting, builds it, and tests it in a browser. `--short` takes an example of each topic, and two of the
/// four looks. Skips the tests by name if there is no browser, except in CI.
///
/// # Errors
/// The page cannot be built, or a test fails.
pub fn test(arguments: &[&str]) -> Result<()> {
    let node = Node::ready()?;
    let mut prettier = node.script(&packages(&node)?.join("prettier/bin/prettier.cjs"));
    let status = prettier.args(["--check", "--log-level=warn", PAGE]).current_dir(parts::root()).status();
    ensure!(status.context("cannot run Node.js")?.success(), "{PAGE} is not formatted: run prettier --write");
    build_with(&node)?;
    let (short, others): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| **argument == "--short");
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--test", "playground", "--test", "browser", "--"]).args(others);
    if !short.is_empty() {
        cargo.env("SHORT", "1");
    }
    // Without the variables, the tests are skipped.
    match chromium::ready() {
        Ok(browser) => {
            cargo.env("CHROMIUM", browser).env("NODE", node.path()).env(NPM_MODULES, packages(&node)?);
        }
        Err(error) if parts::in_ci() => bail!(error),
        Err(error) => println!("skipping the playground's tests: {error:#}"),
    }
    let status = cargo.env("PLAYGROUND", output()).status().context("cannot run cargo")?;
    ensure!(status.success(), "the playground's tests failed");
    Ok(())
}
