//! Signed images: openssl makes the keys and checks the signatures, skopeo reads what was pushed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::digest;
use cargo_proxy_filter::oci::media_type;
use cargo_proxy_filter::oci::referrer;
use cargo_proxy_filter::registry::client::RegistryClient;
use cargo_proxy_filter::registry::reference::of_image;
use data_encoding::BASE64;
use harness::parts;
use harness::registry::{PASSWORD, Registry};
use harness::scratch::Scratch;
use serde_json::{Value, json};

use super::IMAGE;
use super::refused::login;
use crate::run::{fails, outcome, skopeo, succeeds, tool};

/// The program that makes keys.
pub(crate) const OPENSSL: &str = "openssl";

/// A registry, and two pairs of keys.
pub(super) struct Signed {
    pub(super) registry: Registry,
    directory: Scratch,
}

impl Signed {
    pub(super) fn start() -> Result<Self> {
        let this = Self { registry: Registry::start(false)?, directory: Scratch::new("signed")? };
        for name in ["own", "other"] {
            let key = this.file(&format!("{name}.key"));
            openssl(&["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", &key])?;
            openssl(&["ec", "-in", &key, "-pubout", "-out", &this.file(&format!("{name}.pub"))])?;
        }
        Ok(this)
    }

    /// Returns the path of a file in the directory of the keys.
    pub(super) fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(super) fn address(&self) -> String {
        self.registry.address().to_string()
    }

    /// Publishes add-header, signed with a key of the directory.
    pub(super) fn publish(&self, tag: &str, key: &str) -> Result<String> {
        succeeds(&["publish", &self.address(), tag, "-p", "add-header", "--sign", &self.file(key)])
    }

    pub(super) fn reference(&self, tag: &str) -> String {
        format!("{}/{IMAGE}:{tag}", self.address())
    }

    /// Pulls a manifest with skopeo.
    pub(super) fn manifest(&self, tag: &str) -> Result<Vec<u8>> {
        skopeo(&["inspect", "--tls-verify=false", "--raw", &format!("docker://{}", self.reference(tag))])
    }

    /// Pulls a blob of a manifest with skopeo.
    fn blob(&self, tag: &str, digest: &str) -> Result<Vec<u8>> {
        let directory = self.directory.path().join(tag);
        let (from, to) =
            (format!("docker://{}", self.reference(tag)), format!("dir:{}", directory.display()));
        skopeo(&["copy", "--src-tls-verify=false", &from, &to])?;
        Ok(fs::read(directory.join(digest.trim_start_matches("sha256:")))?)
    }

    fn client(&self, tag: &str) -> Result<RegistryClient> {
        RegistryClient::of(&of_image(&self.address(), IMAGE, tag)?)
    }
}

fn openssl(arguments: &[&str]) -> Result<String> {
    let output = parts::program(OPENSSL)?.args(arguments).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl {}: {errors}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A signed image is the same image, and openssl accepts the signature.
pub(crate) fn published() -> Result<()> {
    let signed = Signed::start()?;
    let address = signed.address();
    succeeds(&["publish", &address, "main", "-p", "add-header"])?;
    let before = signed.manifest("main")?;
    let said = signed.publish("main", "own.key")?;
    // The image for Istio and Envoy Gateway, and that for other runtimes.
    ensure!(said.matches("  attached: signature (cosign 2 format)\n").count() == 2, "{said}");
    ensure!(said.matches("  attached: signature (Sigstore bundle, cosign 3)\n").count() == 2, "{said}");
    ensure!(said.contains("  attached: provenance\n") || said.contains("  no provenance: "), "{said}");
    ensure!(signed.manifest("main")? == before, "the image is another");

    let tag = referrer::tag(&digest(&before));
    let claims: Value = serde_json::from_slice(&signed.manifest(&format!("{tag}.sig"))?)?;
    let [layer] = claims["layers"].as_array().context("layers")?.as_slice() else {
        anyhow::bail!("{claims}")
    };
    let claim = signed.blob(&format!("{tag}.sig"), layer["digest"].as_str().context("digest")?)?;
    let said: Value = serde_json::from_slice(&claim)?;
    let critical = &said["critical"];
    ensure!(critical["image"]["docker-manifest-digest"] == digest(&before), "{said}");
    ensure!(critical["identity"]["docker-reference"] == format!("{address}/{IMAGE}"), "{said}");
    let signature =
        layer["annotations"]["dev.cosignproject.cosign/signature"].as_str().context("signature")?;
    accepts(&signed, "own.pub", &claim, &BASE64.decode(signature.as_bytes())?)?;
    accepts(&signed, "other.pub", &claim, &BASE64.decode(signature.as_bytes())?)
        .err()
        .context("any key fits")?;

    // Debian's registry does not list referrers, so the index does.
    let index: Value = serde_json::from_slice(&signed.manifest(&tag)?)?;
    let bundles = index["manifests"].as_array().context("manifests")?;
    ensure!(
        bundles.iter().all(|entry| entry["artifactType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"),
        "{index}"
    );
    let kinds: Vec<_> =
        bundles.iter().map(|entry| &entry["annotations"]["dev.sigstore.bundle.predicateType"]).collect();
    ensure!(kinds.contains(&&json!("https://sigstore.dev/cosign/sign/v1")), "{index}");

    let checked = succeeds(&["verify", &signed.reference("main"), "--key", &signed.file("own.pub")])?;
    ensure!(
        checked.contains(&format!("  ok: this key signed the image as {address}/{IMAGE}\n")),
        "{checked}"
    );
    ensure!(checked.contains("  ok: this key signed the image, in a Sigstore bundle\n"), "{checked}");
    let unchecked = succeeds(&["verify", &signed.reference("main")])?;
    ensure!(
        unchecked.contains("signatures or statements, not checked: pass `--key FILE` to check them"),
        "{unchecked}"
    );
    Ok(())
}

/// Checks a signature with openssl.
fn accepts(signed: &Signed, key: &str, message: &[u8], signature: &[u8]) -> Result<()> {
    let (of_message, of_signature) = (signed.file("message"), signed.file("signature"));
    fs::write(&of_message, message)?;
    fs::write(&of_signature, signature)?;
    let key = signed.file(key);
    openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &of_signature, &of_message]).map(drop)
}

/// Signing again adds nothing, and another key's signatures stand beside the first.
pub(crate) fn again() -> Result<()> {
    let signed = Signed::start()?;
    signed.publish("main", "own.key")?;
    let tag = referrer::tag(&digest(&signed.manifest("main")?));
    let both = || anyhow::Ok((signed.manifest(&tag)?, signed.manifest(&format!("{tag}.sig"))?));
    let before = both()?;
    let again = signed.publish("main", "own.key")?;
    ensure!(again.matches("  already there: signature").count() == 4, "{again}");
    ensure!(both()? == before, "signing again changed something");
    signed.publish("main", "other.key")?;
    ensure!(both()? != before, "the other key signed nothing");
    for key in ["own.pub", "other.pub"] {
        let checked = succeeds(&["verify", &signed.reference("main"), "--key", &signed.file(key)])?;
        ensure!(checked.matches("  ok: this key signed the image").count() == 2, "{key}: {checked}");
    }
    Ok(())
}

/// What others attached stays, in an index that this tool did not write.
pub(crate) fn of_others() -> Result<()> {
    let signed = Signed::start()?;
    succeeds(&["publish", &signed.address(), "main", "-p", "add-header"])?;
    let image = signed.manifest("main")?;
    let tag = referrer::tag(&digest(&image));
    let theirs = json!({
        "mediaType": media_type::MANIFEST,
        "digest": digest(&image),
        "size": image.len(),
        "artifactType": "application/vnd.example.scan",
        "annotations": {"found": "nothing"},
    });
    let index = json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [theirs]});
    signed.client(&tag)?.push_raw(media_type::INDEX, serde_json::to_vec(&index)?)?;
    signed.publish("main", "own.key")?;
    let index: Value = serde_json::from_slice(&signed.manifest(&tag)?)?;
    let entries = index["manifests"].as_array().context("manifests")?;
    ensure!(entries.contains(&theirs) && entries.len() > 1, "{index}");
    Ok(())
}

/// A dry run reads the key, and pushes nothing.
pub(crate) fn dry_run() -> Result<()> {
    let signed = Signed::start()?;
    let (address, key) = (signed.address(), signed.file("own.key"));
    let arguments = ["publish", &address, "main", "-p", "add-header", "--dry-run", "--sign"];
    let said = succeeds(&[arguments.as_slice(), &[&key]].concat())?;
    ensure!(said.matches("  would attach: signature (cosign 2 format)\n").count() == 2, "{said}");
    fails(&["verify", &signed.reference("main")], "does not exist")?;
    fails(&[arguments.as_slice(), &["/nonexistent"]].concat(), "cannot read /nonexistent")?;
    Ok(())
}

/// Keys of several kinds, and the password of an encrypted one.
pub(crate) fn keys() -> Result<()> {
    let signed = Signed::start()?;
    let address = signed.address();
    let key = |name: &str, arguments: &[&str]| -> Result<String> {
        let file = signed.file(name);
        openssl(&[["genpkey", "-out", &file].as_slice(), arguments].concat())?;
        Ok(file)
    };
    let curve = |curve: &'static str| ["-algorithm", "EC", "-pkeyopt", curve];
    let dry = |key: &str| {
        ["publish", &address, "main", "-p", "add-header", "--dry-run", "--sign", key].map(str::to_owned)
    };
    let run = |key: &str, password: Option<&str>| {
        let arguments = dry(key);
        let mut command = tool(&arguments.each_ref().map(String::as_str), None, None);
        match password {
            Some(password) => command.env("COSIGN_PASSWORD", password),
            None => command.env_remove("COSIGN_PASSWORD"),
        };
        outcome(&mut command)
    };
    let pkcs8 = run(&key("pkcs8.key", &curve("ec_paramgen_curve:P-256"))?, None)?;
    ensure!(pkcs8.succeeded, "{}", pkcs8.text);
    for (name, arguments) in [
        ("p384.key", curve("ec_paramgen_curve:P-384").as_slice()),
        ("ed25519.key", &["-algorithm", "ED25519"]),
        ("rsa.key", &["-algorithm", "RSA"]),
    ] {
        let other = run(&key(name, arguments)?, None)?;
        let expected = format!("cannot sign with {}: it is not an ECDSA key on P-256", signed.file(name));
        ensure!(!other.succeeded && other.text.contains(&expected), "{name}: {}", other.text);
    }
    let of_cosign = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/signing/testdata/cosign.key");
    let of_cosign = of_cosign.display().to_string();
    for (password, expected) in [
        (Some("correct-horse"), "would attach: signature"),
        (Some("wrong"), "the password is wrong"),
        (None, "is encrypted: set COSIGN_PASSWORD to its password, or run this on a terminal"),
    ] {
        let outcome = run(&of_cosign, password)?;
        ensure!(outcome.succeeded == (password == Some("correct-horse")), "{}", outcome.text);
        ensure!(outcome.text.contains(expected), "not `{expected}`: {}", outcome.text);
    }
    Ok(())
}

/// Every request of signing and verifying is made with the user's credentials.
pub(crate) fn with_password() -> Result<()> {
    let signed = Signed { registry: Registry::start(true)?, ..Signed::start()? };
    let (address, key) = (signed.address(), signed.file("own.key"));
    let (reference, public) = (signed.reference("main"), signed.file("own.pub"));
    fs::write(signed.file("config.json"), login(&address, PASSWORD))?;
    for arguments in [
        ["publish", &address, "main", "-p", "add-header", "--sign", &key].as_slice(),
        &["verify", &reference, "--key", &public],
    ] {
        let done = outcome(&mut tool(arguments, Some(signed.directory.path()), None))?;
        ensure!(done.succeeded, "{}", done.text);
    }
    fails(&["verify", &reference, "--key", &public], "refuses access without credentials")?;
    Ok(())
}
