//! Signs images, and checks the signatures with cosign; and the other way around.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::referrer;
use harness::parts;
use harness::registry::Registry;
use harness::scratch::Scratch;
use proxy_filter_envoy::process::{Process, free_address};

/// The password of the key that cosign makes.
const PASSWORD: &str = "correct-horse";

/// A signing configuration without services, so that cosign signs offline.
const OFFLINE: &str = r#"{"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json"}"#;

/// A pair of keys of cosign's, and add-header's image in a registry.
struct Signed {
    directory: Scratch,
    image: String,
    registry: String,
}

impl Signed {
    fn at(address: SocketAddr) -> Result<Self> {
        let registry = address.to_string();
        let image = format!("{registry}/proxy-wasm-filters/add-header");
        Ok(Self { directory: Scratch::new("cosign")?, image, registry })
    }

    /// Publishes the image, with these arguments and a key of cosign's.
    fn publish(address: SocketAddr, arguments: &[&str]) -> Result<(Self, String)> {
        let signed = Self::at(address)?;
        signed.cosign(&["generate-key-pair"])?;
        let said =
            signed.tool(&[&["publish", &signed.registry, "main", "-p", "add-header"], arguments].concat())?;
        Ok((signed, said))
    }

    fn run(&self, command: &mut Command) -> Result<String> {
        command.current_dir(self.directory.path()).env("COSIGN_PASSWORD", PASSWORD);
        command.env("NO_PROXY", "127.0.0.1").env("DOCKER_CONFIG", "/nonexistent");
        let output = command.output()?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "{command:?}: {text}");
        Ok(text)
    }

    fn cosign(&self, arguments: &[&str]) -> Result<String> {
        // It looks for its root of trust even if it needs none.
        let mut command = Command::new(parts::cosign());
        self.run(
            command
                .args(arguments)
                .env("TUF_MIRROR", "http://127.0.0.1:1")
                .env("HOME", self.directory.path()),
        )
    }

    fn tool(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-proxy-filter"));
        // The project is not where the keys are.
        let arguments = arguments.iter().map(|argument| match *argument {
            "cosign.key" | "cosign.pub" => self.directory.path().join(argument).display().to_string(),
            other => other.to_owned(),
        });
        command.args(arguments).env("COSIGN_PASSWORD", PASSWORD).env("DOCKER_CONFIG", "/nonexistent");
        let output = command.current_dir(parts::root()).output()?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "{text}");
        Ok(text)
    }

    /// Verifies the image with cosign.
    fn accepted(&self, tag: &str, arguments: &[&str]) -> Result<String> {
        let image = format!("{}:{tag}", self.image);
        self.cosign(&[arguments, &["--insecure-ignore-tlog", &image]].concat())
    }

    /// Checks that cosign accepts everything that was attached, and nothing with another key.
    fn all_accepted(&self, said: &str) -> Result<()> {
        let verify = ["verify", "--key", "cosign.pub"];
        for tag in ["main", "main-wasm"] {
            self.accepted(tag, &verify)?;
            self.accepted(tag, &[verify.as_slice(), &["--new-bundle-format=false"]].concat())?;
        }
        // Only committed sources have provenance.
        if said.contains("  attached: provenance\n") {
            let attestation = ["verify-attestation", "--type", "slsaprovenance1", "--key", "cosign.pub"];
            self.accepted("main", &attestation)?;
        }
        self.cosign(&["generate-key-pair", "--output-key-prefix", "other"])?;
        let other = ["verify", "--key", "other.pub"];
        for arguments in [other.as_slice(), &[other.as_slice(), &["--new-bundle-format=false"]].concat()] {
            self.accepted("main", arguments).err().context("any key fits")?;
        }
        Ok(())
    }
}

const SIGN: [&str; 2] = ["--sign", "cosign.key"];

pub(crate) fn by_the_tool() -> Result<()> {
    let registry = Registry::start(false)?;
    let (signed, said) = Signed::publish(registry.address(), &SIGN)?;
    signed.all_accepted(&said)
}

/// Such a registry needs no index, which would be a tag among those of versions.
pub(crate) fn listed() -> Result<()> {
    let address = free_address()?;
    let mut registry = Process::start("referrers", |_| {
        let mut command = Command::new(parts::consumers());
        command.arg("registry").arg(address.to_string());
        Ok(command)
    })?;
    registry.wait_for("listening", |_| TcpStream::connect(address).ok())?;
    let (signed, said) = Signed::publish(address, &SIGN)?;
    signed.all_accepted(&said)?;
    let checked = signed.tool(&["verify", &format!("{}:main", signed.image), "--key", "cosign.pub"])?;
    ensure!(checked.contains("  ok: this key signed the image, in a Sigstore bundle\n"), "{checked}");
    let digest = checked.split_whitespace().nth(2).context("a digest")?;
    let index = format!("{}:{}", signed.image, referrer::tag(digest));
    let missing = signed.tool(&["verify", &index]).err().context("there is an index")?.to_string();
    ensure!(missing.contains("does not exist"), "{missing}");
    Ok(())
}

pub(crate) fn by_cosign() -> Result<()> {
    let registry = Registry::start(false)?;
    let (signed, _) = Signed::publish(registry.address(), &[])?;
    fs::write(signed.directory.path().join("offline.json"), OFFLINE)?;
    let image = format!("{}:main", signed.image);
    let verify = ["verify", &image, "--key", "cosign.pub"];
    let sign = ["sign", "--yes", "--key", "cosign.key"];
    let formats: [(&[&str], &str); 2] = [
        (
            &["--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false"],
            "this key signed the image as ",
        ),
        (&["--signing-config", "offline.json"], "this key signed the image, in a Sigstore bundle\n"),
    ];
    for (format, expected) in formats {
        signed.cosign(&[sign.as_slice(), format, &[&image]].concat())?;
        let checked = signed.tool(&verify)?;
        ensure!(checked.contains(expected), "not `{expected}`: {checked}");
    }
    Ok(())
}

/// The commands of the book work as they are written, but for the registry and the filter's name.
pub(crate) fn documented() -> Result<()> {
    let page = fs::read_to_string(parts::root().join("docs/src/publishing.md"))?;
    let (_, section) = page.split_once("\n## Sign\n").context("a section `Sign`")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```console\n").skip(1).filter_map(|block| block.split("```").next());
    let registry = Registry::start(false)?;
    let signed = Signed::at(registry.address())?;
    let (mut count, mut has_provenance) = (0_usize, false);
    for command in blocks.flat_map(str::lines) {
        let command = command.replace("registry.example.com/acme/my-filter", &signed.image);
        let command = command.replace("registry.example.com/acme", &signed.registry);
        let words: Vec<_> = command.split(' ').collect();
        let said = match words.as_slice() {
            ["cargo", "proxy-filter", arguments @ ..] => signed.tool(arguments)?,
            ["cosign", "verify-attestation", ..] if !has_provenance => continue,
            ["cosign", arguments @ ..] => signed.cosign(arguments)?,
            [program, arguments @ ..] => signed.run(parts::program(program)?.args(arguments))?,
            [] => continue,
        };
        // Only modules of committed sources have it.
        has_provenance |= said.contains("  attached: provenance\n") && !said.contains("  no provenance: ");
        count = count.saturating_add(1);
    }
    ensure!(count >= 6, "{count} commands ran");
    Ok(())
}
