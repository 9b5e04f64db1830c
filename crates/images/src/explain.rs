//! What is wrong between here and a registry, and what to do about it.

use std::error::Error;

use anyhow::anyhow;
use oci_client::Reference;
use oci_client::errors::{OciDistributionError, OciErrorCode};

use crate::credentials::Credentials;
use crate::target;

/// Says what an error means for those who asked for a reference.
pub fn explain(
    error: OciDistributionError,
    reference: &Reference,
    credentials: &Credentials,
) -> anyhow::Error {
    use OciDistributionError as Of;
    let registry = reference.resolve_registry();
    let refused = |why: String| {
        anyhow!(
            "{registry} refuses access {}{why}: `docker login {registry}`, `podman login {registry}` or `skopeo login \
             {registry}` stores other credentials",
            credentials.shown
        )
    };
    match error {
        Of::UnauthorizedError { .. } | Of::ServerError { code: 401 | 403, .. } => refused(String::new()),
        Of::AuthenticationFailure(reason) => refused(format!(" ({})", in_short(&reason))),
        Of::RegistryError { ref envelope, .. } => {
            let is = |codes: &[OciErrorCode]| envelope.errors.iter().any(|error| codes.contains(&error.code));
            if is(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                return refused(format!(" ({})", in_short(&envelope.to_string())));
            }
            if is(&[OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound]) {
                return anyhow!("there is no {reference}: `just publish` pushes images");
            }
            anyhow!("{registry} refuses the request: {}", in_short(&envelope.to_string()))
        }
        Of::ImageManifestNotFoundError(_) => anyhow!("there is no {reference}: `just publish` pushes images"),
        Of::RequestError(error)
            if error.status().is_some_and(|status| [401, 403].contains(&status.as_u16())) =>
        {
            refused(String::new())
        }
        Of::RequestError(error) => on_the_way(error, registry),
        other => anyhow!("{registry} does not answer as registries do: {}", in_short(&other.to_string())),
    }
}

/// What kept a request from its answer.
fn on_the_way(error: impl Error + Send + Sync + 'static, registry: &str) -> anyhow::Error {
    let causes = format!("{:#}", anyhow::Error::new(error));
    let has = |words: &[&str]| words.iter().any(|word| causes.contains(word));
    let advice = if has(&["invalid peer certificate"]) {
        "its certificate is not trusted here: `SSL_CERT_FILE=<its authority's certificate, PEM>` has it trusted"
    } else if has(&["InvalidContentType", "corrupt message"]) {
        "it does not speak TLS, without which only registries on this machine's loopback are spoken to"
    } else if has(&["dns error", "failed to lookup"]) {
        "there is no such host: is the name right?"
    } else if has(&["Connection refused"]) {
        "nothing answers there: is it up, and is this its address?"
    } else if has(&["timed out"]) {
        "it does not answer in time"
    } else if target::is_loopback(registry) {
        "is it up? Registries on this machine's loopback are spoken to without TLS"
    } else {
        "the connection to it failed"
    };
    anyhow!("{registry} cannot be reached: {advice} ({causes})")
}

/// A text that others wrote, in one line.
fn in_short(text: &str) -> String {
    const SHOWN: usize = 200;
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_is_one_line() {
        assert_eq!(in_short("<html>\n  bad\tlogin\r\n</html>"), "<html> bad login </html>");
        assert_eq!(in_short(&"é".repeat(500)).chars().count(), 200);
    }
}
