//! References of images: `REGISTRY/IMAGE:TAG`. The project's layout may have a folder for the images.

use std::net::IpAddr;

use anyhow::{Context, Result, bail, ensure};
use oci_client::Reference;

use crate::version;

/// The suffix of the tags of Wasm artifacts, which are for other runtimes.
pub const ARTIFACT_SUFFIX: &str = "-wasm";

/// Builds the reference of an image, which has this path below the registry.
///
/// # Errors
/// A part is invalid in a reference.
pub fn of_image(registry: &str, image: &str, tag: &str) -> Result<Reference> {
    let registry = registry.trim_end_matches('/');
    ensure!(!registry.is_empty(), "name a registry, such as registry.example.com/acme");
    if let Some((folder, _)) = image.rsplit_once('/') {
        ensure!(
            !registry.split('/').any(|part| part == folder),
            "`{registry}`: remove `/{folder}`, which is added for each filter"
        );
        let (address, _) = registry.split_once('/').unwrap_or((registry, ""));
        ensure!(
            address != "docker.io" && !address.ends_with(".docker.io"),
            "Docker Hub has no folders below an account, and `{image}` needs one: use another registry"
        );
    }
    parsed(&format!("{registry}/{image}:{tag}"))
}

/// Parses a reference that a user gives: a registry, a name, and a tag or a digest. Ignores a leading `oci://`, as in a
/// WasmPlugin.
///
/// # Errors
/// A part is missing or invalid.
pub fn given(text: &str) -> Result<Reference> {
    let text = text.strip_prefix("oci://").unwrap_or(text);
    let reference = parsed(text)?;
    let name = text.rsplit('/').next().unwrap_or_default();
    ensure!(
        name.contains([':', '@']),
        "`{text}` has no tag: add one, such as `{text}:{}`",
        env!("CARGO_PKG_VERSION")
    );
    Ok(reference)
}

fn parsed(text: &str) -> Result<Reference> {
    if let Some((scheme, _)) = text.split_once("://") {
        bail!("`{text}`: remove `{scheme}://`; TLS is used for every registry that is not on loopback");
    }
    let (address, path) = text.split_once('/').unwrap_or((text, ""));
    let is_address = address.contains(['.', ':']) || address.eq_ignore_ascii_case("localhost");
    ensure!(
        is_address && !path.is_empty(),
        "`{text}` has no registry: begin with its address, such as registry.example.com or localhost:5000"
    );
    ensure!(!address.starts_with('['), "`{address}`: a reference cannot have an IPv6 address: use localhost");
    if let Some((_, port)) = address.split_once(':') {
        ensure!(port.parse::<u16>().is_ok(), "`{address}`: `{port}` is not a port: use a number up to 65535");
    }
    let (name, _) = path.split_once([':', '@']).unwrap_or((path, ""));
    ensure!(
        !name.contains(char::is_uppercase),
        "`{text}`: a repository name must be lower case: write `{address}/{}`",
        path.replacen(name, &name.to_lowercase(), 1)
    );
    text.parse().with_context(|| format!("`{text}` is not an image reference"))
}

/// Returns the tags of an image: the given one, and `X.Y` if that is a version `X.Y.Z`.
///
/// # Errors
/// The tag is invalid.
pub fn tags(tag: &str) -> Result<Vec<String>> {
    const MAX_CHARACTERS: usize = 128 - ARTIFACT_SUFFIX.len();
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    ensure!(
        tag.starts_with(is_word) && tag.chars().all(|letter| is_word(letter) || ['.', '-'].contains(&letter)),
        "`{tag}` is not a tag: use letters, digits, `_`, `.` and `-`, and do not begin with `.` or `-`"
    );
    ensure!(
        tag.len() <= MAX_CHARACTERS,
        "the tag has {} characters: use at most {MAX_CHARACTERS}",
        tag.len()
    );
    ensure!(
        !tag.ends_with(ARTIFACT_SUFFIX),
        "`{tag}`: remove `{ARTIFACT_SUFFIX}`, which marks the tags of Wasm artifacts"
    );
    let mut tags = vec![tag.to_owned()];
    if let Some([major, minor, _]) = version::numbers(tag) {
        tags.push(format!("{major}.{minor}"));
    }
    Ok(tags)
}

/// Returns the host of a registry's address.
pub fn host(registry: &str) -> &str {
    registry.split_once(':').map_or(registry, |(host, _)| host)
}

/// Returns whether a registry is on loopback, where TLS is not used.
pub fn is_loopback(registry: &str) -> bool {
    let host = host(registry);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let text = |registry| {
            of_image(registry, "proxy-wasm-filters/add-header", "1").map(|reference| reference.to_string())
        };
        // Without a folder, an account at Docker Hub will do.
        assert_eq!(of_image("docker.io/acme", "a-b", "1").unwrap().to_string(), "docker.io/acme/a-b:1");
        for (registry, expected) in [
            ("localhost:5000", "localhost:5000/proxy-wasm-filters/add-header:1"),
            ("r.example/a/", "r.example/a/proxy-wasm-filters/add-header:1"),
        ] {
            assert_eq!(text(registry).unwrap(), expected);
        }
        for (registry, expected) in [
            ("", "name a registry, such as registry.example.com/acme"),
            (
                "https://r.example",
                "`https://r.example/proxy-wasm-filters/add-header:1`: remove `https://`; TLS",
            ),
            ("r.example:99999", "`r.example:99999`: `99999` is not a port: use a number up to 65535"),
            (
                "r.example/proxy-wasm-filters/a",
                "`r.example/proxy-wasm-filters/a`: remove `/proxy-wasm-filters`",
            ),
            ("index.docker.io/acme", "Docker Hub has no folders below an account"),
            (
                "r.example/Acme",
                "`r.example/Acme/proxy-wasm-filters/add-header:1`: a repository name must be lower case: write `r.example/acme/",
            ),
            ("r.example/proxy-wasm-filters", "`r.example/proxy-wasm-filters`: remove `/proxy-wasm-filters`"),
            ("docker.io/acme", "Docker Hub has no folders below an account"),
            ("[::1]:5000", "`[::1]:5000`: a reference cannot have an IPv6 address: use localhost"),
            ("acme", "`acme/proxy-wasm-filters/add-header:1` has no registry: begin with its address"),
            ("r.example/a b", "`r.example/a b/proxy-wasm-filters/add-header:1` is not an image reference"),
        ] {
            let error = text(registry).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn references_that_users_give() {
        let text = |text: &str| given(text).map(|reference| reference.to_string());
        let digest = format!("r.example/a@sha256:{}", "0".repeat(64));
        for whole in ["r.example/a:1", "localhost:5000/a:1", &digest] {
            assert_eq!(text(whole).unwrap(), whole);
            assert_eq!(text(&format!("oci://{whole}")).unwrap(), whole);
        }
        for (wrong, expected) in [
            ("r.example/a", "`r.example/a` has no tag: add one, such as `r.example/a:"),
            ("", "`` has no registry"),
            ("add-header", "`add-header` has no registry"),
            ("add-header:0.1.0", "`add-header:0.1.0` has no registry"),
            ("docker://r.example/a:1", "`docker://r.example/a:1`: remove `docker://`"),
            ("127.0.0.1:5000", "`127.0.0.1:5000` has no registry"),
            (
                "r.example/A:Tag",
                "`r.example/A:Tag`: a repository name must be lower case: write `r.example/a:Tag`",
            ),
        ] {
            let error = text(wrong).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn versions_have_two_tags() {
        assert_eq!(tags("0.1.0").unwrap(), ["0.1.0", "0.1"]);
        for tag in ["0.1", "main", "1.2.3-rc1", "1.2.3.4", "01.2.3", "_", &"a".repeat(123)] {
            assert_eq!(tags(tag).unwrap(), [tag]);
        }
        for (tag, expected) in [
            ("", "`` is not a tag: use letters"),
            (".1", "`.1` is not a tag: use letters"),
            ("a b", "`a b` is not a tag: use letters"),
            ("1@sha256:0", "`1@sha256:0` is not a tag: use letters"),
            (&"a".repeat(124), "the tag has 124 characters: use at most 123"),
            ("1-wasm", "`1-wasm`: remove `-wasm`"),
        ] {
            let error = tags(tag).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn loopback() {
        for registry in ["localhost:5000", "LOCALHOST", "127.0.0.1:5000", "127.9.9.9"] {
            assert!(is_loopback(registry), "{registry}");
        }
        for registry in ["r.example:5000", "127.evil.example:5000", "localhost.example"] {
            assert!(!is_loopback(registry), "{registry}");
        }
    }
}
