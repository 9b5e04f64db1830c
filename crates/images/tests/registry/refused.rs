//! What goes wrong between here and a registry.

use std::cell::{Cell, RefCell};
use std::fs;

use anyhow::{Context, Result, ensure};
use images::filters;
use images::image::Image;
use images::registry::{Pushed, Registry as Client};
use images::target::reference;
use testbed::registry::{PASSWORD, Registry, USER};
use testbed::scratch::Scratch;

use crate::{content, images, skopeo};

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

    let nobody = images(&arguments, None, None)?;
    ensure!(!nobody.is_content, "{}", nobody.text);
    ensure!(
        nobody.text.contains(&format!("{address} refuses access without credentials: `docker login")),
        "{}",
        nobody.text
    );

    fs::write(&file, login(&address, "wrong"))?;
    let wrong = images(&arguments, Some(folder.path()), None)?;
    ensure!(!wrong.is_content, "{}", wrong.text);
    ensure!(wrong.text.contains(&format!("{address} refuses access as `{USER}`")), "{}", wrong.text);
    ensure!(wrong.text.contains("was not pushed, and is what it was before"), "{}", wrong.text);

    fs::write(&file, "{")?;
    let broken = images(&arguments, Some(folder.path()), None)?;
    ensure!(broken.text.contains("the credentials in ") && !broken.is_content, "{}", broken.text);

    fs::write(&file, login(&address, PASSWORD))?;
    let docker = images(&arguments, Some(folder.path()), None)?;
    ensure!(docker.is_content && docker.text.contains("  pushed: "), "{}", docker.text);
    let podman = images(&arguments, None, Some(&file))?;
    ensure!(podman.is_content && podman.text.contains("was there already"), "{}", podman.text);
    ensure!(
        [nobody, wrong, docker, podman].iter().all(|said| !said.text.contains(PASSWORD)),
        "the password is shown"
    );
    Ok(())
}

pub(crate) fn down() -> Result<()> {
    let registry = Registry::start(false)?;
    let address = registry.address().to_string();
    registry.end();
    let said = images(&["publish", &address, "main", "add-header"], None, None)?;
    ensure!(
        !said.is_content && said.text.contains(&format!("nothing answers at {address}: is it up")),
        "{}",
        said.text
    );
    let said = images(&["verify", &format!("{address}/proxy-wasm-filters/add-header:main")], None, None)?;
    ensure!(
        !said.is_content && said.text.contains(&format!("nothing answers at {address}: is it up")),
        "{}",
        said.text
    );
    Ok(())
}

pub(crate) fn capitals() -> Result<()> {
    let said = images(&["publish", "localhost:1/Acme"], None, None)?;
    ensure!(!said.is_content, "{}", said.text);
    ensure!(
        said.text.contains("names in registries have no capitals: write `localhost:1/acme`"),
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

/// The registry ends while the module is on its way.
pub(crate) fn interrupted() -> Result<()> {
    let registry = RefCell::new(Registry::start(false)?);
    let address = registry.borrow().address().to_string();
    let filter = filters::built(Some("add-header"))?.pop().context("no filter")?;
    let image = Image::compat(&filter)?;
    let to = reference(&address, "add-header", "main")?;
    let was_sending = Cell::new(false);
    let error = Client::of(&to)?.push(&to, &image, &|line| {
        if line.starts_with("module: sending") {
            was_sending.set(true);
            registry.borrow().end();
        }
    });
    let error = format!("{:#}", error.err().context("the push did not fail")?);
    ensure!(was_sending.get() && error.contains(&address), "{error}");
    registry.borrow_mut().start_again()?;
    let docker = format!("docker://{to}");
    ensure!(skopeo(&["inspect", "--tls-verify=false", &docker]).is_err(), "half of it was published");
    ensure!(Client::of(&to)?.push(&to, &image, &|_| {})? == Pushed::Now, "it is not pushed");
    content(&["verify", &to.to_string()])?;
    Ok(())
}
