//! What goes wrong between here and a registry.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use harness::registry::{PASSWORD, Registry, USER};
use harness::scratch::Scratch;
use images::filters;
use images::image::Image;
use images::registry::{Pushed, Registry as Client};
use images::target::reference;

use crate::{Said, command, cut, images, said, skopeo};

/// `user:password` in base64, as `docker login` writes it.
fn login(address: &str, password: &str) -> String {
    let auth = data_encoding::BASE64.encode(format!("{USER}:{password}").as_bytes());
    serde_json::json!({"auths": {address: {"auth": auth}}}).to_string()
}

pub(crate) fn credentials() -> Result<()> {
    let registry = Registry::start(true)?;
    let address = registry.address().to_string();
    let arguments = ["publish", &address, "main", "add-header"];
    let folder = Scratch::new("credentials")?;
    let file = folder.path().join("config.json");
    let refuses = |said: &Said, expected: &str| -> Result<()> {
        ensure!(!said.is_content && said.text.contains(expected), "not `{expected}`: {}", said.text);
        ensure!(!said.text.contains(PASSWORD), "the password is shown: {}", said.text);
        Ok(())
    };

    let nobody = images(&arguments, None, None)?;
    refuses(&nobody, &format!("{address} refuses access without credentials"))?;
    refuses(&nobody, &format!("`docker login {address}`"))?;
    fs::write(&file, login(&address, "wrong"))?;
    let wrong = images(&arguments, Some(folder.path()), None)?;
    refuses(&wrong, &format!("{address} refuses access as `{USER}` (from {})", file.display()))?;
    refuses(&wrong, "was not pushed; what was there is unchanged")?;
    refuses(&wrong, "of 2 references 0 are published")?;
    fs::write(&file, "{")?;
    refuses(
        &images(&arguments, Some(folder.path()), None)?,
        &format!("in {} cannot be used", file.display()),
    )?;

    fs::write(&file, login(&address, PASSWORD))?;
    let docker = images(&arguments, Some(folder.path()), None)?;
    ensure!(docker.is_content && docker.text.contains("  pushed: "), "{}", docker.text);
    // Podman and skopeo may keep credentials for a folder.
    for place in [address.clone(), format!("{address}/proxy-wasm-filters")] {
        let file = folder.path().join("auth.json");
        let to = ["--authfile", &file.to_string_lossy(), "--tls-verify=false", &place];
        skopeo(&[["login", "--username", USER, "--password", PASSWORD].as_slice(), &to].concat())?;
        let podman = images(&arguments, None, Some(&file))?;
        ensure!(podman.is_content && podman.text.contains("was there already"), "{place}: {}", podman.text);
        fs::remove_file(&file)?;
    }
    Ok(())
}

/// Helpers keep credentials elsewhere, and say in their own way that they have none.
pub(crate) fn helpers() -> Result<()> {
    let registry = Registry::start(true)?;
    let address = registry.address().to_string();
    let folder = Scratch::new("helpers")?;
    let helper = folder.path().join("docker-credential-test");
    let publish = |file: &str, script: &str| -> Result<Said> {
        fs::write(folder.path().join("config.json"), file)?;
        fs::write(&helper, format!("#!/bin/sh\nname=$(cat)\n{script}\n"))?;
        fs::set_permissions(&helper, Permissions::from_mode(0o755))?;
        let path = std::env::join_paths(
            std::iter::once(folder.path().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        )?;
        let mut command = command(&["publish", &address, "main", "add-header"], Some(folder.path()), None);
        said(command.env("PATH", path))
    };
    let store = r#"{"credsStore": "test"}"#;
    let without = publish(store, "echo credentials not found in native keychain; exit 1")?;
    let expected = "refuses access without credentials";
    ensure!(!without.is_content && without.text.contains(expected), "{}", without.text);
    // It is asked for the registry, by no other name.
    let answer = format!(r#"{{"Username": "{USER}", "Secret": "{PASSWORD}"}}"#);
    let with = publish(store, &format!("test $name = {address} && echo '{answer}'"))?;
    ensure!(with.is_content, "{}", with.text);
    let beside = login(&address, PASSWORD).replacen('{', r#"{"credsStore": "","#, 1);
    let with = publish(&beside, "exit 1")?;
    ensure!(with.is_content, "{}", with.text);
    let locked = publish(store, "echo the keychain; echo is locked >&2; exit 1")?;
    let expected = "docker-credential-test says: the keychain is locked";
    ensure!(!locked.is_content && locked.text.contains(expected), "{}", locked.text);
    let broken = publish(store, &format!("echo '{answer}'; echo broken >&2; exit 1"))?;
    let expected = "docker-credential-test says: broken";
    ensure!(!broken.is_content && broken.text.contains(expected), "{}", broken.text);
    ensure!(!broken.text.contains(PASSWORD), "the password is shown: {}", broken.text);
    Ok(())
}

pub(crate) fn down() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    registry.end();
    for arguments in [
        ["publish", &address, "main", "add-header"].as_slice(),
        &["verify", &format!("{address}/proxy-wasm-filters/add-header:main")],
    ] {
        let said = images(arguments, None, None)?;
        let expected = format!("{address} cannot be reached: nothing answers there");
        ensure!(!said.is_content && said.text.contains(&expected), "{}", said.text);
    }
    Ok(())
}

pub(crate) fn missing() -> Result<()> {
    let registry = Registry::start(false)?;
    let reference = format!("{}/proxy-wasm-filters/add-header:none", registry.address());
    let said = images(&["verify", &format!("oci://{reference}")], None, None)?;
    let expected = format!("there is no {reference}: `just publish` pushes images");
    ensure!(!said.is_content && said.text.contains(&expected), "{}", said.text);
    Ok(())
}

/// All references are known to be good before the first image is pushed.
pub(crate) fn tags() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    for (tag, expected) in [
        ("a".repeat(124).as_str(), "the tag has 124 letters"),
        ("1@sha256:0", "is not a tag"),
        ("1-wasm", "leave `-wasm` out"),
    ] {
        let said = images(&["publish", &address, tag, "add-header"], None, None)?;
        ensure!(!said.is_content && said.text.contains(expected), "{}", said.text);
        ensure!(!said.text.contains("pushed"), "{}", said.text);
    }
    Ok(())
}

pub(crate) fn capitals() -> Result<()> {
    let said = images(&["publish", "localhost:1/Acme"], None, None)?;
    ensure!(!said.is_content, "{}", said.text);
    ensure!(
        said.text.contains("names in registries have no capitals: write `localhost:1/acme/"),
        "{}",
        said.text
    );
    Ok(())
}

/// Else all filters would be tagged with the name of one.
pub(crate) fn filter_for_tag() -> Result<()> {
    let said = images(&["publish", "localhost:1", "add-header"], None, None)?;
    ensure!(
        !said.is_content && said.text.contains("`add-header` is a filter: give the tag before it"),
        "{}",
        said.text
    );
    Ok(())
}

/// The connection breaks while the module is on its way.
pub(crate) fn interrupted() -> Result<()> {
    const SENT: usize = 30_000;
    let registry = Registry::start(false)?;
    let filter = filters::built(Some("add-header"))?.pop().context("no filter")?;
    let before = Image::compat(&filters::Filter { wasm: b"\0asm\x01\0\0\0".into(), ..filter.clone() })?;
    let image = Image::compat(&filter)?;
    let module = image.blobs.last().context("no module")?;
    ensure!(module.bytes.len() > SENT.saturating_mul(2), "the module is too small to be cut");

    let direct = reference(&registry.address().to_string(), "add-header", "main")?;
    Client::of(&direct)?.push(&before, &|_| {})?;
    let breaking = cut::after(SENT, registry.address())?;
    let error = Client::of(&reference(&breaking.to_string(), "add-header", "main")?)?.push(&image, &|_| {});
    let error = format!("{:#}", error.err().context("the push did not fail")?);
    ensure!(error.contains("was not pushed; what was there is unchanged"), "{error}");
    ensure!(error.contains(&format!("{breaking} cannot be reached")), "{error}");
    let there = || skopeo(&["inspect", "--tls-verify=false", "--raw", &format!("docker://{direct}")]);
    ensure!(there()? == before.manifest, "another image is there");

    let pushed = Client::of(&direct)?.push(&image, &|_| {})?;
    ensure!(pushed == Pushed::InPlaceOf(before.digest()), "{pushed:?}");
    ensure!(there()? == image.manifest, "it is not there");
    Ok(())
}
