//! Who one is to a registry: as `docker login`, `podman login` and `skopeo login` leave it.

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential, get_podman_credential};
use oci_client::secrets::RegistryAuth;

/// Credentials, and where they are from.
#[derive(Debug)]
pub struct Credentials {
    /// What the registry is shown.
    pub auth: RegistryAuth,
    /// For people.
    pub shown: String,
}

/// Those for a registry: from `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, with its helpers, or from
/// `$REGISTRY_AUTH_FILE`, where podman and skopeo keep theirs. Where there are none, nobody's.
///
/// # Errors
/// A file is not what it should be, or a helper fails.
pub fn of(registry: &str) -> anyhow::Result<Credentials> {
    // Docker's own registry is listed by another name.
    let server = if registry == "index.docker.io" { "https://index.docker.io/v1/" } else { registry };
    for found in [get_credential(server), get_podman_credential(server)] {
        match found {
            Ok(credential) => return Ok(with(credential)),
            Err(
                CredentialRetrievalError::ConfigNotFound
                | CredentialRetrievalError::ConfigReadError
                | CredentialRetrievalError::NoCredentialConfigured,
            ) => {}
            Err(error) => {
                anyhow::bail!("the credentials for {registry} cannot be read: {error}");
            }
        }
    }
    Ok(Credentials { auth: RegistryAuth::Anonymous, shown: "without credentials".into() })
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
