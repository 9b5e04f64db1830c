//! Where images go: `REGISTRY/proxy-wasm-filters/<filter>:TAG`.

use anyhow::{Result, ensure};
use oci_client::Reference;

/// The folder of a registry in which all filters are.
const PROJECT: &str = "proxy-wasm-filters";

/// The reference of a filter.
///
/// # Errors
/// A part of it is not allowed there.
pub fn reference(registry: &str, filter: &str, tag: &str) -> Result<Reference> {
    let registry = registry.trim_end_matches('/');
    ensure!(!registry.is_empty(), "give a registry, such as registry.example.com/acme");
    ensure!(
        !registry.contains("://"),
        "`{registry}`: leave `https://` out; registries on this machine's loopback are spoken to without TLS"
    );
    let (_, path) = registry.split_once('/').unwrap_or((registry, ""));
    ensure!(
        !path.contains(char::is_uppercase),
        "`{registry}`: names in registries have no capitals: write `{}`",
        registry.replace(path, &path.to_lowercase())
    );
    let text = format!("{registry}/{PROJECT}/{filter}:{tag}");
    let parsed: Reference =
        text.parse().map_err(|error| anyhow::anyhow!("`{text}` is not an image's reference: {error}"))?;
    // Without a dot or a port a first part is taken for a folder of Docker's own registry.
    let host = registry.split('/').next().unwrap_or_default();
    ensure!(
        parsed.registry() == host,
        "`{host}` is not a registry's address: write it with a dot or a port, as in registry.example.com or \
         localhost:5000"
    );
    Ok(parsed)
}

/// The tags of a version: itself, and where it is `X.Y.Z` also `X.Y`.
pub fn tags(tag: &str) -> Vec<String> {
    let numbers: Vec<_> = tag.split('.').collect();
    match numbers.as_slice() {
        [major, minor, patch] if [major, minor, patch].iter().all(|part| part.parse::<u32>().is_ok()) => {
            vec![tag.into(), format!("{major}.{minor}")]
        }
        _ => vec![tag.into()],
    }
}

/// Whether a registry is on this machine, and spoken to without TLS.
pub fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let text =
            |registry, tag| reference(registry, "add-header", tag).map(|reference| reference.to_string());
        for (registry, tag, expected) in [
            ("localhost:5000", "0.1.0", "localhost:5000/proxy-wasm-filters/add-header:0.1.0"),
            ("r.example/a/", "1", "r.example/a/proxy-wasm-filters/add-header:1"),
        ] {
            assert_eq!(text(registry, tag).unwrap(), expected);
        }
        for (registry, tag, expected) in [
            ("", "1", "give a registry, such as registry.example.com/acme"),
            ("https://r.example", "1", "`https://r.example`: leave `https://` out; registries on"),
            (
                "r.example/Acme",
                "1",
                "`r.example/Acme`: names in registries have no capitals: write `r.example/acme`",
            ),
            ("acme", "1", "`acme` is not a registry's address: write it with a dot or a port"),
            (
                "r.example",
                "a b",
                "`r.example/proxy-wasm-filters/add-header:a b` is not an image's reference: ",
            ),
            (
                "r.example/a b",
                "1",
                "`r.example/a b/proxy-wasm-filters/add-header:1` is not an image's reference: ",
            ),
        ] {
            let error = text(registry, tag).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn versions_have_two_tags() {
        assert_eq!(tags("0.1.0"), ["0.1.0", "0.1"]);
        for tag in ["0.1", "main", "1.2.3-rc1", "1.2.3.4"] {
            assert_eq!(tags(tag), [tag]);
        }
    }

    #[test]
    fn loopback() {
        for (registry, expected) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("r.example:5000", false),
        ] {
            assert_eq!(is_loopback(registry), expected, "{registry}");
        }
    }
}
