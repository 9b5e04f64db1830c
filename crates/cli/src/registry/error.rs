//! Explains errors of a registry: what is wrong, and what to do about it.

use anyhow::anyhow;
use oci_client::Reference;
use oci_client::errors::{OciDistributionError, OciErrorCode};

use super::credentials::Credentials;
use super::reference::is_loopback;

/// Explains an error that concerns a reference.
pub(super) fn explain(
    error: OciDistributionError,
    reference: &Reference,
    credentials: &Credentials,
) -> anyhow::Error {
    use OciDistributionError as Of;
    let registry = reference.resolve_registry();
    let refused = |why: String| {
        anyhow!(
            "{registry} refuses access {}{why}: log in with `docker login {registry}`, `podman login {registry}` or \
             `skopeo login {registry}`",
            credentials.shown
        )
    };
    if is_missing(&error) {
        return anyhow!("{reference} does not exist: `cargo proxy-filter publish` pushes images");
    }
    match error {
        Of::UnauthorizedError { .. } => refused(String::new()),
        Of::AuthenticationFailure(reason) => refused(format!(" ({})", in_short(&reason))),
        Of::RegistryError { envelope, .. } => {
            let is = |codes: &[OciErrorCode]| envelope.errors.iter().any(|error| codes.contains(&error.code));
            let said = in_short(&envelope.to_string());
            match is(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                true => refused(format!(" ({said})")),
                false => anyhow!("{registry} refuses the request: {said}"),
            }
        }
        Of::ServerError { code, message, .. } => {
            let said = in_short(&message);
            let advice = match code {
                401 | 403 => return refused(format!(" ({said})")),
                404 => format!(
                    "it has no repository {}; some registries need you to create it first",
                    reference.repository()
                ),
                413 => "the request is too large for it or for a proxy in front of it".into(),
                429 => "it limits requests: try again later".into(),
                500.. => "it failed: try again later".into(),
                _ => "it refuses the request".into(),
            };
            anyhow!("{registry} responds {code}: {advice} ({said})")
        }
        Of::RequestError(error)
            if error.status().is_some_and(|status| [401, 403].contains(&status.as_u16())) =>
        {
            refused(String::new())
        }
        Of::RequestError(error) => {
            let causes = format!("{:#}", anyhow::Error::new(error));
            anyhow!("cannot reach {registry}: {} ({causes})", advice(&causes, is_loopback(registry)))
        }
        other => anyhow!("{registry} does not respond like a registry: {}", in_short(&other.to_string())),
    }
}

/// Returns whether a registry does not have what it is asked for.
pub(super) fn is_missing(error: &OciDistributionError) -> bool {
    const CODES: [OciErrorCode; 3] =
        [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound];
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) => true,
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|error| CODES.contains(&error.code))
        }
        _ => false,
    }
}

/// Returns what to do about a request without a response. The libraries involved wrote `causes`.
fn advice(causes: &str, is_loopback: bool) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| causes.contains(word));
    if has(&["not valid for name", "NotValidForName"]) {
        "its certificate is for another name: check the address"
    } else if has(&["Expired", "expired"]) {
        "its certificate has expired, or the clock here is wrong"
    } else if has(&["CaUsedAsEndEntity"]) {
        "its certificate is a certificate authority's: the server needs one of its own"
    } else if has(&["UnknownIssuer"]) {
        "the authority of its certificate is unknown: set SSL_CERT_FILE to a PEM file with the authority's certificate"
    } else if has(&["invalid peer certificate"]) {
        "its certificate is invalid"
    } else if has(&["InvalidContentType", "corrupt message"]) {
        "it does not speak TLS, which only a registry on loopback may do without"
    } else if has(&["dns error", "failed to lookup"]) {
        "no such host: check the name"
    } else if has(&["Connection refused"]) {
        "nothing listens there: check that it runs and that the address is right"
    } else if has(&["timed out"]) {
        "it did not respond in time"
    } else if is_loopback {
        "check that it runs. TLS is not used on loopback: a registry with TLS needs another name"
    } else {
        "the connection broke"
    }
}

/// Shortens a registry's or library's text to one line.
fn in_short(text: &str) -> String {
    const SHOWN: usize = 200;
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The causes are texts of rustls 0.23, hyper and the system.
    #[test]
    fn advice_fits_the_cause() {
        for (causes, expected) in [
            ("invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
            ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "needs one of its own"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "is for another name"),
            ("invalid peer certificate: certificate expired: verification time", "has expired"),
            ("invalid peer certificate: BadSignature", "invalid"),
            ("received corrupt message of type InvalidContentType", "does not speak TLS"),
            ("client error (Connect): dns error: failed to lookup address", "no such host"),
            ("tcp connect error: Connection refused (os error 111)", "nothing listens"),
            ("operation timed out", "in time"),
            ("connection closed before message completed", "the connection broke"),
        ] {
            assert!(advice(causes, false).contains(expected), "{causes}: {}", advice(causes, false));
        }
        assert!(advice("Connection reset by peer", true).contains("TLS is not used"));
    }

    #[test]
    fn texts_become_one_short_line() {
        assert_eq!(in_short("<html>\n  bad\tlogin\r\n</html>"), "<html> bad login </html>");
        assert_eq!(in_short(&"é".repeat(500)).chars().count(), 200);
    }
}
