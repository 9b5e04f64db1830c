//! Errors between the tool and a registry.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter::{self, Filter};
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::registry::client::{Pushed, RegistryClient};
use cargo_proxy_filter::registry::reference::of_image;
use harness::absent::Absent;
use harness::registry::{PASSWORD, Registry, USER};
use harness::scratch::Scratch;

use super::{IMAGE, cut};
use crate::run::{Outcome, fails, outcome, skopeo, tool};

/// Encodes `user:password` in base64, as `docker login` does.
pub(super) fn login(address: &str, password: &str) -> String {
    let auth = data_encoding::BASE64.encode(format!("{USER}:{password}").as_bytes());
    serde_json::json!({"auths": {address: {"auth": auth}}}).to_string()
}

pub(crate) fn credentials() -> Result<()> {
    let registry = Registry::start(true)?;
    let address = registry.address().to_string();
    let arguments = ["publish", &address, "main", "-p", "add-header"];
    let directory = Scratch::new("credentials")?;
    let file = directory.path().join("config.json");
    let images =
        |docker: Option<&Path>, podman: Option<&Path>| outcome(&mut tool(&arguments, docker, podman));
    let refuses = |said: &Outcome, expected: &str| -> Result<()> {
        ensure!(!said.succeeded && said.text.contains(expected), "not `{expected}`: {}", said.text);
        ensure!(!said.text.contains(PASSWORD), "the password is shown: {}", said.text);
        Ok(())
    };

    let nobody = images(None, None)?;
    refuses(&nobody, &format!("{address} refuses access without credentials"))?;
    refuses(&nobody, &format!("`docker login {address}`"))?;
    fs::write(&file, login(&address, "wrong"))?;
    let wrong = images(Some(directory.path()), None)?;
    refuses(&wrong, &format!("{address} refuses access as `{USER}` (from {})", file.display()))?;
    refuses(&wrong, "was not pushed and is unchanged")?;
    refuses(&wrong, "0 of 2 references are published")?;
    fs::write(&file, "{")?;
    refuses(&images(Some(directory.path()), None)?, "cannot use the credentials for ")?;

    fs::write(&file, login(&address, PASSWORD))?;
    let docker = images(Some(directory.path()), None)?;
    ensure!(docker.succeeded && docker.text.contains("  pushed: "), "{}", docker.text);
    // Podman and skopeo may keep credentials for a folder.
    for place in [address.clone(), format!("{address}/proxy-wasm-filters")] {
        let file = directory.path().join("auth.json");
        let to = ["--authfile", &file.to_string_lossy(), "--tls-verify=false", &place];
        skopeo(&[["login", "--username", USER, "--password", PASSWORD].as_slice(), &to].concat())?;
        let podman = images(None, Some(&file))?;
        ensure!(podman.succeeded && podman.text.contains("already there"), "{place}: {}", podman.text);
        fs::remove_file(&file)?;
    }
    Ok(())
}

/// Helpers store credentials elsewhere, and have their own message for unknown registries.
pub(crate) fn helpers() -> Result<()> {
    let registry = Registry::start(true)?;
    let address = registry.address().to_string();
    let directory = Scratch::new("helpers")?;
    let helper = directory.path().join("docker-credential-test");
    let publish = |file: &str, script: &str| -> Result<Outcome> {
        fs::write(directory.path().join("config.json"), file)?;
        fs::write(&helper, format!("#!/bin/sh\nname=$(cat)\n{script}\n"))?;
        fs::set_permissions(&helper, Permissions::from_mode(0o755))?;
        let path = std::env::join_paths(
            std::iter::once(directory.path().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        )?;
        let mut command =
            tool(&["publish", &address, "main", "-p", "add-header"], Some(directory.path()), None);
        outcome(command.env("PATH", path))
    };
    let store = r#"{"credsStore": "test"}"#;
    let without = publish(store, "echo credentials not found in native keychain; exit 1")?;
    let expected = "refuses access without credentials";
    ensure!(!without.succeeded && without.text.contains(expected), "{}", without.text);
    // The tool asks the helper only for the registry's address.
    let answer = format!(r#"{{"Username": "{USER}", "Secret": "{PASSWORD}"}}"#);
    let with = publish(store, &format!("test $name = {address} && echo '{answer}'"))?;
    ensure!(with.succeeded, "{}", with.text);
    let beside = login(&address, PASSWORD).replacen('{', r#"{"credsStore": "","#, 1);
    let with = publish(&beside, "exit 1")?;
    ensure!(with.succeeded, "{}", with.text);
    let locked = publish(store, "echo the keychain; echo is locked >&2; exit 1")?;
    let expected = "docker-credential-test failed: the keychain is locked";
    ensure!(!locked.succeeded && locked.text.contains(expected), "{}", locked.text);
    let broken = publish(store, &format!("echo '{answer}'; echo broken >&2; exit 1"))?;
    let expected = "docker-credential-test failed: broken";
    ensure!(!broken.succeeded && broken.text.contains(expected), "{}", broken.text);
    ensure!(!broken.text.contains(PASSWORD), "the password is shown: {}", broken.text);
    Ok(())
}

pub(crate) fn down() -> Result<()> {
    let absent = Absent::new()?;
    let address = absent.address.to_string();
    for arguments in [
        ["publish", &address, "main", "-p", "add-header"].as_slice(),
        &["verify", &format!("{address}/proxy-wasm-filters/add-header:main")],
    ] {
        fails(arguments, &format!("cannot reach {address}: nothing listens there"))?;
    }
    Ok(())
}

pub(crate) fn missing() -> Result<()> {
    let registry = Registry::start(false)?;
    let reference = format!("{}/proxy-wasm-filters/add-header:none", registry.address());
    let expected = format!("{reference} does not exist: `cargo proxy-filter publish` pushes images");
    fails(&["verify", &format!("oci://{reference}")], &expected)?;
    Ok(())
}

/// Every reference is checked before the first image is pushed.
pub(crate) fn tags() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    for (tag, expected) in [
        ("a".repeat(124).as_str(), "the tag has 124 characters"),
        ("1@sha256:0", "is not a tag"),
        ("1-wasm", "remove `-wasm`"),
    ] {
        let text = fails(&["publish", &address, tag, "-p", "add-header"], expected)?;
        ensure!(!text.contains("pushed"), "{text}");
    }
    Ok(())
}

pub(crate) fn capitals() -> Result<()> {
    let expected = "a repository name must be lower case: write `localhost:1/acme/";
    fails(&["publish", "localhost:1/Acme"], expected)?;
    Ok(())
}

/// Without this check all filters would get the name of one as their tag.
pub(crate) fn filter_for_tag() -> Result<()> {
    let expected = "`add-header` is a filter, not a tag: choose the filter with `-p add-header`";
    fails(&["publish", "localhost:1", "add-header"], expected)?;
    Ok(())
}

/// The connection breaks while the module is sent.
pub(crate) fn interrupted() -> Result<()> {
    const SENT: usize = 30_000;
    let registry = Registry::start(false)?;
    let filter = filter::built(&Project::find()?, &["add-header"])?.pop().context("no filter")?;
    let before = Image::compat(&Filter { wasm: b"\0asm\x01\0\0\0".into(), ..filter.clone() })?;
    let image = Image::compat(&filter)?;
    let module = image.blobs.last().context("no module")?;
    ensure!(module.bytes.len() > SENT.saturating_mul(2), "the module is too small to be cut");

    let direct = of_image(&registry.address().to_string(), IMAGE, "main")?;
    RegistryClient::of(&direct)?.push(&before, &|_| {})?;
    let breaking = cut::after(SENT, registry.address())?;
    let error = RegistryClient::of(&of_image(&breaking.to_string(), IMAGE, "main")?)?.push(&image, &|_| {});
    let error = format!("{:#}", error.err().context("the push did not fail")?);
    ensure!(error.contains("was not pushed and is unchanged"), "{error}");
    ensure!(error.contains(&format!("cannot reach {breaking}")), "{error}");
    let there = || skopeo(&["inspect", "--tls-verify=false", "--raw", &format!("docker://{direct}")]);
    ensure!(there()? == before.manifest, "another image is there");

    let pushed = RegistryClient::of(&direct)?.push(&image, &|_| {})?;
    ensure!(pushed == Pushed::InPlaceOf(before.digest()), "{pushed:?}");
    ensure!(there()? == image.manifest, "it is not there");
    Ok(())
}
