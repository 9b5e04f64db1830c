//! What is wrong between here and a registry, and what to do about it.

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
    let missing = || anyhow!("there is no {reference}: `just publish` pushes images");
    match error {
        Of::UnauthorizedError { .. } => refused(String::new()),
        Of::AuthenticationFailure(reason) => refused(format!(" ({})", in_short(&reason))),
        Of::ImageManifestNotFoundError(_) => missing(),
        Of::RegistryError { envelope, .. } => {
            let is = |codes: &[OciErrorCode]| envelope.errors.iter().any(|error| codes.contains(&error.code));
            let said = in_short(&envelope.to_string());
            if is(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                refused(format!(" ({said})"))
            } else if is(&[OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound])
            {
                missing()
            } else {
                anyhow!("{registry} refuses the request: {said}")
            }
        }
        Of::ServerError { code, message, .. } => {
            let said = in_short(&message);
            let advice = match code {
                401 | 403 => return refused(format!(" ({said})")),
                404 => format!(
                    "it has no repository {}; some registries want it made first",
                    reference.repository()
                ),
                413 => "what is sent is too large for it, or for a proxy before it".into(),
                429 => "it wants fewer requests: try again later".into(),
                500.. => "it fails: try again later".into(),
                _ => "it refuses the request".into(),
            };
            anyhow!("{registry} answers {code}: {advice} ({said})")
        }
        Of::RequestError(error)
            if error.status().is_some_and(|status| [401, 403].contains(&status.as_u16())) =>
        {
            refused(String::new())
        }
        Of::RequestError(error) => {
            let causes = format!("{:#}", anyhow::Error::new(error));
            anyhow!(
                "{registry} cannot be reached: {} ({causes})",
                advice(&causes, target::is_loopback(registry))
            )
        }
        other => anyhow!("{registry} does not answer as registries do: {}", in_short(&other.to_string())),
    }
}

/// What to do about what kept a request from its answer, as it is said by the libraries on its way.
fn advice(causes: &str, is_loopback: bool) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| causes.contains(word));
    if has(&["not valid for name", "NotValidForName"]) {
        "its certificate is for another name: is the address right?"
    } else if has(&["Expired", "expired"]) {
        "its certificate has expired, or the clock here is wrong"
    } else if has(&["CaUsedAsEndEntity"]) {
        "its certificate is that of an authority, which a server cannot use: it needs one of its own"
    } else if has(&["UnknownIssuer"]) {
        "its certificate is of an authority that is not known here: `SSL_CERT_FILE=<the authority's certificate, PEM>` \
         makes it known"
    } else if has(&["invalid peer certificate"]) {
        "its certificate is not accepted"
    } else if has(&["InvalidContentType", "corrupt message"]) {
        "it does not speak TLS, without which only registries on this machine's loopback are spoken to"
    } else if has(&["dns error", "failed to lookup"]) {
        "there is no such host: is the name right?"
    } else if has(&["Connection refused"]) {
        "nothing answers there: is it up, and is this its address?"
    } else if has(&["timed out"]) {
        "it does not answer in time"
    } else if is_loopback {
        "is it up? On this machine's loopback TLS is not used: a registry with TLS needs another name"
    } else {
        "the connection broke"
    }
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

    /// Texts of rustls 0.23, hyper and the system.
    #[test]
    fn advice_is_for_the_cause() {
        for (causes, expected) in [
            ("invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
            ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "needs one of its own"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "is for another name"),
            ("invalid peer certificate: certificate expired: verification time", "has expired"),
            ("invalid peer certificate: BadSignature", "not accepted"),
            ("received corrupt message of type InvalidContentType", "does not speak TLS"),
            ("client error (Connect): dns error: failed to lookup address", "no such host"),
            ("tcp connect error: Connection refused (os error 111)", "nothing answers"),
            ("operation timed out", "in time"),
            ("connection closed before message completed", "the connection broke"),
        ] {
            assert!(advice(causes, false).contains(expected), "{causes}: {}", advice(causes, false));
        }
        assert!(advice("Connection reset by peer", true).contains("TLS is not used"));
    }

    #[test]
    fn what_others_write_is_one_line() {
        assert_eq!(in_short("<html>\n  bad\tlogin\r\n</html>"), "<html> bad login </html>");
        assert_eq!(in_short(&"é".repeat(500)).chars().count(), 200);
    }
}
