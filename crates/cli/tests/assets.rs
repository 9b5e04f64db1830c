//! Checks the files of a release as a user would who downloads them.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter;
use cargo_proxy_filter::oci::digest::sha256;
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::release::assets;
use harness::command::output;
use harness::registry::{self, Registry};
use harness::scratch::Scratch;
use harness::suite::{self, Case};
use harness::{locate, parts};
use serde_json::{Value, json};

const TESTS: [Case; 2] = [
    ("a_release_is_complete_and_reproducible", whole),
    ("published_images_have_provenance_and_bills_of_materials", attached),
];

const REGISTRY: &str = "registry.example.com/acme";

fn main() -> ExitCode {
    let tool = Project::find().map(|project| project.cyclonedx());
    let missing =
        tool.map_or_else(|error| Some(format!("{error:#}")), |tool| parts::absent(tool, "just test-release"));
    let missing = missing
        .or_else(|| parts::missing_of(&[registry::PROGRAM, "openssl"]))
        .or_else(|| parts::absent(locate::envoy(), "just setup"));
    suite::run_cases(&TESTS, missing.as_deref())
}

fn whole() -> Result<()> {
    let project = Project::find()?;
    let (first, second) = (Scratch::new("release")?, Scratch::new("release")?);
    assets::write(&project, REGISTRY, first.path())?;
    assets::write(&project, REGISTRY, second.path())?;
    let sums = |directory: &Path| fs::read_to_string(directory.join("SHA256SUMS"));
    ensure!(sums(first.path())? == sums(second.path())?, "the second release differs");

    let directory = first.path();
    output(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(directory))?;
    let listed = sums(directory)?.lines().count();
    ensure!(fs::read_dir(directory)?.count() == listed.saturating_add(1), "a file has no checksum");
    let notes = fs::read_to_string(directory.join("NOTES.md"))?;
    ensure!(
        !notes.trim().is_empty() && !notes.starts_with("## "),
        "NOTES.md is empty or has a heading: {notes}"
    );
    ensure!(!notes.contains("\n## "), "NOTES.md has the notes of another version: {notes}");
    output(Command::new("tar").args(["-xzf", "manifests.tar.gz"]).current_dir(directory))?;

    let digests = fs::read_to_string(directory.join("DIGESTS.md"))?;
    ensure!(digests.contains("\nBuilt with rustc 1."), "{digests}");
    for filter in filter::all(&project)? {
        let name = &filter.name;
        let wasm = fs::read(directory.join(format!("{name}.wasm")))?;
        ensure!(wasm == filter.wasm, "{name}.wasm is another module");
        let reference = format!("{REGISTRY}/proxy-wasm-filters/{name}:{}", project.version());
        let (image, module) = (Image::compat(&filter)?, sha256(&wasm));
        let row = format!("| `{reference}` | `{}` | `{module}` | {} |\n", image.digest(), wasm.len());
        ensure!(digests.contains(&row), "{digests}");
        for kind in ["trafficextension", "wasmplugin"] {
            let file = directory.join(format!("manifests/istio/{kind}/{name}.yaml"));
            let text = fs::read_to_string(file)?;
            ensure!(text.contains(&sha256(&image.manifest)), "{text}");
        }
        is_bill_of(&project, name, &module, &directory.join(format!("{name}.cdx.json")))?;
    }
    Ok(())
}

/// Checks that the bill names the module and its dependencies in their locked versions, and no directory of this machine.
fn is_bill_of(project: &Project, name: &str, module: &str, path: &Path) -> Result<()> {
    let text = fs::read_to_string(path)?;
    // Packages of this repository have their path within the sources, wherever these are.
    let directories: Vec<_> =
        text.split("file://").skip(1).filter_map(|rest| rest.split(['#', '"']).next()).collect();
    let is_source = |directory: &&str| {
        ["/src/", "../../crates/"].iter().any(|folder| directory.starts_with(folder))
            || [".", "../../shared"].contains(directory)
    };
    let other = directories.iter().find(|directory| !is_source(directory));
    ensure!(!directories.is_empty() && other.is_none(), "{} names the directory {other:?}", path.display());
    let bill: Value = serde_json::from_str(&text)?;
    ensure!(bill["bomFormat"] == "CycloneDX" && bill["specVersion"] == "1.5", "{bill}");
    let component = &bill["metadata"]["component"];
    ensure!(component["name"] == name && component["version"] == project.version(), "{component}");
    ensure!(component["hashes"] == json!([{"alg": "SHA-256", "content": module}]), "{component}");
    let components = bill["components"].as_array().context("components")?;
    let lock = fs::read_to_string(parts::root().join("Cargo.lock"))?;
    let found =
        components.iter().find(|component| component["name"] == "proxy-wasm").context("proxy-wasm")?;
    let version = found["version"].as_str().context("a version")?;
    ensure!(lock.contains(&format!("name = \"proxy-wasm\"\nversion = \"{version}\"\n")), "{found}");
    Ok(())
}

/// The builder that the test names.
const BUILDER: &str = "https://ci.example.com/release";

fn attached() -> Result<()> {
    let (registry, keys) = (Registry::start(false)?, Scratch::new("release-keys")?);
    let file = |name: &str| keys.path().join(name).display().to_string();
    let (private, public) = (file("own.key"), file("own.pub"));
    let openssl = |arguments: &[&str]| output(parts::program("openssl")?.args(arguments));
    openssl(&["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", &private])?;
    openssl(&["ec", "-in", &private, "-pubout", "-out", &public])?;
    let tool = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-proxy-filter"));
        output(command.args(arguments).current_dir(parts::root()).env("DOCKER_CONFIG", "/nonexistent"))
    };
    let address = registry.address().to_string();
    let publish = ["publish", &address, "main", "-p", "add-header", "--sbom"];
    let image = format!("{address}/proxy-wasm-filters/add-header:main");

    let alone = tool(&publish)?;
    ensure!(alone.matches("  attached: bill of materials").count() == 2, "{alone}");
    let unsigned = tool(&["verify", &image])?;
    ensure!(unsigned.contains("  note: the image is not signed\n"), "{unsigned}");
    ensure!(
        unsigned.contains("  note: a bill of materials is attached, which is not signed itself\n"),
        "{unsigned}"
    );

    let signing = [publish.as_slice(), &["--sign", &private, "--builder", BUILDER]].concat();
    let signed = tool(&signing)?;
    for expected in
        ["already there: bill of materials", "attached: provenance", "attached: signed bill of materials"]
    {
        ensure!(signed.matches(expected).count() == 2, "not twice `{expected}`: {signed}");
    }
    let commit = output(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(parts::root()))?;
    let verified = tool(&["verify", &image, "--key", &public])?;
    let expected = format!("  ok: provenance by this key: built by {BUILDER} from commit {commit}\n");
    ensure!(verified.contains(&expected), "not `{expected}`: {verified}");
    ensure!(verified.contains("  ok: bill of materials by this key: "), "{verified}");
    // The statements are the same bytes, or they would be signed again.
    let again = tool(&signing)?;
    ensure!(!again.contains("  attached: "), "{again}");
    Ok(())
}
