//! `just pack`, `just publish`, `just verify` and `just test-reproducible`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use images::filters::{self, Filter, VERSION};
use images::image::{Image, digest};
use images::registry::{Pushed, Registry};
use images::{consumers, layout, target};
use oci_client::Reference;
use testbed::bootstrap::{Bootstrap, Filter as InEnvoy};
use testbed::envoy::Envoy;
use testbed::parts;

const USAGE: &str =
    "usage: images pack | publish REGISTRY [TAG] [FILTER] [--dry-run] | verify REFERENCE | reproduce";

fn main() -> ExitCode {
    testbed::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let all: Vec<_> = std::env::args().skip(1).collect();
    let (flags, arguments): (Vec<_>, Vec<_>) =
        all.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    ensure!(flags.iter().all(|flag| *flag == "--dry-run"), "{USAGE}");
    let is_dry = !flags.is_empty();
    match arguments.as_slice() {
        ["pack"] => pack(),
        ["publish", registry] => publish(registry, VERSION, None, is_dry),
        ["publish", registry, tag] => publish(registry, tag, None, is_dry),
        ["publish", registry, tag, filter] => publish(registry, tag, Some(filter), is_dry),
        ["verify", reference] => verify(reference),
        ["reproduce"] => images::reproduce::compare(),
        _ => bail!("{USAGE}"),
    }
}

fn pack() -> Result<()> {
    for filter in filters::built(None)? {
        let folder = parts::root().join("target/oci").join(&filter.name);
        let image = Image::compat(&filter)?;
        layout::write(&image, &folder, VERSION)?;
        println!("{} {}, in {}", filter.name, image.digest(), folder.display());
    }
    Ok(())
}

fn publish(registry: &str, tag: &str, only: Option<&str>, is_dry: bool) -> Result<()> {
    ensure!(
        !parts::filter_names()?.iter().any(|name| name == tag),
        "`{tag}` is a filter: give the tag before it, as in `just publish {registry} {VERSION} {tag}`"
    );
    for filter in filters::built(only)? {
        // The manifest that other runtimes read has a tag of its own: they are not one manifest.
        let forms = [(String::new(), Image::compat(&filter)?), ("-wasm".into(), Image::artifact(&filter)?)];
        for (suffix, image) in forms {
            for tag in target::tags(tag) {
                let reference = target::reference(registry, &filter.name, &format!("{tag}{suffix}"))?;
                push(&reference, &filter, &image, is_dry)?;
            }
        }
    }
    Ok(())
}

fn push(reference: &Reference, filter: &Filter, image: &Image, is_dry: bool) -> Result<()> {
    println!("{reference}");
    let outcome = match is_dry {
        true => "would be pushed",
        false => {
            let pushed = Registry::of(reference)?.push(reference, image, &|line| println!("  {line}"));
            match pushed.with_context(|| format!("{reference} was not pushed, and is what it was before"))? {
                Pushed::Now => "pushed",
                Pushed::Before => "was there already",
            }
        }
    };
    println!("  {outcome}: {}", image.digest());
    println!("  wasm {}, {} bytes", digest(&filter.wasm), filter.wasm.len());
    Ok(())
}

fn verify(text: &str) -> Result<()> {
    let reference: Reference =
        text.parse().map_err(|error| anyhow::anyhow!("`{text}` is not an image's reference: {error}"))?;
    let registry = Registry::of(&reference)?;
    let (manifest, digest_of_manifest) = registry.manifest(&reference)?;
    println!("{reference} is {digest_of_manifest}");
    let held = |rule: &str| println!("  holds: {rule}");
    let module = consumers::examine(&manifest, &|digest| registry.blob(&reference, digest), &held)
        .with_context(|| format!("{reference} would be refused"))?;
    in_envoy(&module).with_context(|| format!("{reference} would be refused"))?;
    println!("  holds: Envoy {} loads it", parts::ENVOY_VERSION);
    println!("  wasm {}, {} bytes", digest(&module), module.len());
    Ok(())
}

/// Loads a module in the real Envoy, as an HTTP filter or, if it has no such phases, a network filter. A filter
/// that wants a configuration says so: then it is a filter.
fn in_envoy(module: &[u8]) -> Result<()> {
    if let Some(missing) = parts::missing_for_envoy() {
        bail!("it cannot be tried in Envoy: {missing}");
    }
    let folder = parts::root().join("target/verify");
    std::fs::create_dir_all(&folder)?;
    let name = digest(module).replace(':', "-");
    let path = folder.join(format!("{name}.wasm"));
    std::fs::write(&path, module)?;
    let filter = [InEnvoy::new(&folder.join(&name).to_string_lossy(), "").named("verified", "verified")];
    let bootstrap = Bootstrap::default().cluster("upstream", ([127, 0, 0, 1], 1).into());
    let bootstrap = match filters::is_http(module) {
        true => bootstrap.http("listener", &filter, "upstream"),
        false => bootstrap.tcp("listener", &filter, "upstream"),
    };
    let output = Envoy::validate(&bootstrap)?;
    std::fs::remove_file(&path)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_loaded = output.status.success() || said.contains("configuration refused");
    ensure!(is_loaded, "Envoy does not load it:\n{}", said.lines().last().unwrap_or_default());
    Ok(())
}
