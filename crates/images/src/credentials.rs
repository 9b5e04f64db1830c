//! Who one is to a registry: as `docker login`, `podman login` and `skopeo login` leave it.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context, Result};
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;

/// Credentials, and where they are from.
#[derive(Debug)]
pub struct Credentials {
    /// What the registry is shown.
    pub auth: RegistryAuth,
    /// For people.
    pub shown: String,
}

/// Those for a registry: from the first of the usual files that has any, with the helpers that it names. Where there
/// are none, nobody's.
///
/// # Errors
/// A file is not what it should be, or a helper fails.
pub fn of(registry: &str) -> Result<Credentials> {
    // Docker's own registry is listed by another name.
    let server = if registry == "index.docker.io" { "https://index.docker.io/v1/" } else { registry };
    for path in files() {
        let Ok(file) = File::open(&path) else { continue };
        match get_credential_from_reader(BufReader::new(file), server) {
            Ok(credential) => return Ok(with(credential)),
            Err(CredentialRetrievalError::NoCredentialConfigured) => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("the credentials in {} cannot be read", path.display()));
            }
        }
    }
    Ok(Credentials { auth: RegistryAuth::Anonymous, shown: "without credentials".into() })
}

/// Docker's, then those that podman and skopeo share.
fn files() -> Vec<PathBuf> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let home = |below: &str| std::env::home_dir().map(|home| home.join(below));
    let docker = folder("DOCKER_CONFIG").or_else(|| home(".docker")).map(|folder| folder.join("config.json"));
    let podman = match folder("REGISTRY_AUTH_FILE") {
        Some(file) => vec![Some(file)],
        None => vec![
            folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
            home(".config/containers/auth.json"),
        ],
    };
    std::iter::once(docker).chain(podman).flatten().collect()
}

fn with(credential: DockerCredential) -> Credentials {
    match credential {
        DockerCredential::UsernamePassword(user, password) => {
            let shown = format!("as `{user}`");
            Credentials { auth: RegistryAuth::Basic(user, password), shown }
        }
        DockerCredential::IdentityToken(token) => {
            Credentials { auth: RegistryAuth::Bearer(token), shown: "with a token".into() }
        }
    }
}
