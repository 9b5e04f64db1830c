//! Who one is to a registry: as `docker login`, `podman login` and `skopeo login` leave it.

use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;

/// Credentials, and where they are from.
#[derive(Debug)]
pub struct Credentials {
    /// What the registry is shown.
    pub auth: RegistryAuth,
    /// For people.
    pub shown: String,
}

/// Those for a reference: from the first of the usual files that has any, with the helpers that it names. Where there
/// are none, nobody's.
///
/// # Errors
/// A file is not what it should be, or a helper fails.
pub fn of(reference: &Reference) -> Result<Credentials> {
    for path in files().into_iter().filter(|path| path.is_file()) {
        for name in names(reference) {
            let found = in_file(&path, &name).with_context(|| {
                format!("the credentials for {name} in {} cannot be used", path.display())
            })?;
            if let Some((user, password)) = found {
                let shown = format!("as `{user}` (from {})", path.display());
                return Ok(Credentials { auth: RegistryAuth::Basic(user, password), shown });
            }
        }
    }
    Ok(Credentials { auth: RegistryAuth::Anonymous, shown: "without credentials".into() })
}

/// The files, first the one that was asked for: Docker's, and that which podman and skopeo share.
fn files() -> Vec<PathBuf> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let home = |below: &str| std::env::home_dir().map(|home| home.join(below));
    if let Some(file) = folder("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let docker = folder("DOCKER_CONFIG").or_else(|| home(".docker")).map(|folder| folder.join("config.json"));
    // Of this process, and so of its user.
    let user = std::fs::metadata("/proc/self").map(|process| process.uid());
    let for_now = match folder("XDG_RUNTIME_DIR") {
        Some(folder) => Some(folder.join("containers/auth.json")),
        None => user.ok().map(|user| format!("/run/containers/{user}/auth.json").into()),
    };
    [docker, for_now, home(".config/containers/auth.json")].into_iter().flatten().collect()
}

/// By what a file may know a reference: podman and skopeo keep credentials for folders of a registry, too. The most
/// exact one is first.
fn names(reference: &Reference) -> Vec<String> {
    // Docker's own registry is listed by another name.
    if reference.registry() == "docker.io" {
        return vec!["https://index.docker.io/v1/".into()];
    }
    let whole = format!("{}/{}", reference.registry(), reference.repository());
    let shorter = |name: &String| name.rsplit_once('/').map(|(shorter, _)| shorter.to_owned());
    std::iter::successors(Some(whole), shorter).collect()
}

/// User and password by this name.
fn in_file(path: &Path, name: &str) -> Result<Option<(String, String)>> {
    use CredentialRetrievalError as Of;
    match get_credential_from_reader(BufReader::new(File::open(path)?), name) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some((user, password))),
        Ok(DockerCredential::IdentityToken(_)) => bail!(
            "they are an identity token, which is not supported here: log in with a password or an access token"
        ),
        Err(Of::NoCredentialConfigured) => Ok(None),
        // So say Docker's helpers of registries that they do not know.
        Err(Of::HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => Ok(None),
        Err(Of::HelperFailure { helper, stdout, stderr }) => {
            let said = [stdout, stderr].concat();
            bail!("{helper} says: {}", said.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Err(Of::HelperCommunicationError) => bail!("the credential helper that it names cannot be run"),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_the_most_exact_one() {
        let of = |text: &str| names(&text.parse().unwrap());
        let expected = ["r.example:5000/acme/add-header", "r.example:5000/acme", "r.example:5000"];
        assert_eq!(of("r.example:5000/acme/add-header:1"), expected);
        assert_eq!(of("docker.io/acme/add-header:1"), ["https://index.docker.io/v1/"]);
    }
}
