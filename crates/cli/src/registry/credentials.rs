//! Credentials for a registry, from the files that `docker login`, `podman login` and `skopeo login` write.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;
use serde_json::{Map, Value};

/// Credentials and their source.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// What is sent to the registry.
    pub auth: RegistryAuth,
    /// User and source, for messages.
    pub shown: String,
}

type UserAndPassword = (String, String);

/// Reads the credentials for a reference from the first of the usual files that has any, with the helpers that it
/// names. Without credentials the user is anonymous.
///
/// # Errors
/// A file cannot be read, or a helper fails.
pub fn of(reference: &Reference) -> Result<Credentials> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // The user of this process.
    let user = fs::metadata("/proc/self").map(|process| process.uid()).unwrap_or_default();
    let files = files(&variable, std::env::home_dir(), user);
    for path in &files {
        let found = in_file(path, reference).with_context(|| {
            format!("cannot use the credentials for {} in {}", reference.registry(), path.display())
        })?;
        if let Some((user, password)) = found {
            let shown = format!("as `{user}` (from {})", path.display());
            return Ok(Credentials { auth: RegistryAuth::Basic(user, password), shown });
        }
    }
    if let Some(asked_for) = variable("REGISTRY_AUTH_FILE") {
        ensure!(asked_for.exists(), "REGISTRY_AUTH_FILE is {}, which does not exist", asked_for.display());
    }
    let looked_at = files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let shown = format!("without credentials (found none in {looked_at})");
    Ok(Credentials { auth: RegistryAuth::Anonymous, shown })
}

/// Returns the file that REGISTRY_AUTH_FILE names, or else Docker's and those that podman and skopeo share.
fn files(variable: &dyn Fn(&str) -> Option<PathBuf>, home: Option<PathBuf>, user: u32) -> Vec<PathBuf> {
    if let Some(file) = variable("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let at_home = |below: &str| home.as_ref().map(|home| home.join(below));
    let docker = variable("DOCKER_CONFIG").or_else(|| at_home(".docker"));
    let until_reboot = match variable("XDG_RUNTIME_DIR") {
        Some(directory) => directory.join("containers/auth.json"),
        None => format!("/run/containers/{user}/auth.json").into(),
    };
    [
        docker.map(|directory| directory.join("config.json")),
        Some(until_reboot),
        at_home(".config/containers/auth.json"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Looks up the user and password for a reference in a file.
fn in_file(path: &Path, reference: &Reference) -> Result<Option<UserAndPassword>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("cannot read it"),
    };
    let mut whole: Map<String, Value> = serde_json::from_slice(&text).context("it is not a JSON object")?;
    whole.retain(|name, value| name != "credsStore" || value != "");
    // Podman and skopeo also keep credentials for folders of a registry. Helpers do not support these.
    let own = whole.iter().filter(|(name, _)| *name == "auths");
    let own = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    let in_folders = folders(reference).into_iter().map(|name| (&own, name));
    let in_all = hosts(reference).into_iter().map(|name| (&whole, name));
    for (fields, name) in in_folders.chain(in_all) {
        if let Some(found) = read_entry(fields, &name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the repository of a reference and its parent folders, the innermost first.
fn folders(reference: &Reference) -> Vec<String> {
    let whole = format!("{}/{}", reference.registry(), reference.repository());
    let outer = |name: &String| name.rsplit_once('/').map(|(outer, _)| outer.to_owned());
    let all = std::iter::successors(Some(whole), outer);
    all.take_while(|name| name.contains('/')).collect()
}

/// Returns the names of the reference's registry.
fn hosts(reference: &Reference) -> Vec<String> {
    match reference.registry() {
        "docker.io" => vec!["https://index.docker.io/v1/".into(), "docker.io".into()],
        host => vec![host.into()],
    }
}

/// Gets the credentials for a name from a file, or from the helper that the file names.
fn read_entry(fields: &Map<String, Value>, name: &str) -> Result<Option<UserAndPassword>> {
    use CredentialRetrievalError as Of;
    match get_credential_from_reader(serde_json::to_vec(fields)?.as_slice(), name) {
        Ok(DockerCredential::UsernamePassword(user, _)) if user.is_empty() => Ok(None),
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some((user, password))),
        Ok(DockerCredential::IdentityToken(_)) => bail!(
            "they are an identity token, which is not supported: log in with a password or an access token"
        ),
        Err(Of::NoCredentialConfigured) => Ok(None),
        // What Docker's helpers print for an unknown registry.
        Err(Of::HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => Ok(None),
        Err(Of::HelperFailure { helper, stdout, stderr }) => {
            // Output that looks like an answer may contain the password.
            let said = if stdout.contains('{') { stderr } else { [stdout, stderr].concat() };
            bail!("{helper} failed: {}", said.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Err(Of::HelperCommunicationError) => bail!("cannot run the credential helper that it names"),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_name_comes_first() {
        let reference = "r.example:5000/acme/add-header:1".parse().unwrap();
        assert_eq!(folders(&reference), ["r.example:5000/acme/add-header", "r.example:5000/acme"]);
        assert_eq!(hosts(&reference), ["r.example:5000"]);
        let hub = "docker.io/acme/add-header:1".parse().unwrap();
        assert_eq!(hosts(&hub), ["https://index.docker.io/v1/", "docker.io"]);
    }

    #[test]
    fn the_usual_files() {
        let with = |set: &[(&str, &str)]| {
            let set: std::collections::BTreeMap<_, _> = set.iter().copied().collect();
            let files = files(&|name| set.get(name).map(PathBuf::from), Some("/home/ann".into()), 7);
            files.into_iter().map(|file| file.display().to_string()).collect::<Vec<_>>()
        };
        let at_home = "/home/ann/.config/containers/auth.json";
        assert_eq!(with(&[]), ["/home/ann/.docker/config.json", "/run/containers/7/auth.json", at_home]);
        assert_eq!(
            with(&[("DOCKER_CONFIG", "/d"), ("XDG_RUNTIME_DIR", "/x")]),
            ["/d/config.json", "/x/containers/auth.json", at_home]
        );
        assert_eq!(with(&[("DOCKER_CONFIG", "/d"), ("REGISTRY_AUTH_FILE", "/a")]), ["/a"]);
    }
}
