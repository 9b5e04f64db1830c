//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use cargo_proxy_filter::filter::Selection;
use clap::{Args, Parser, Subcommand};

/// Build Proxy-Wasm filters and publish them to a registry
#[derive(Debug, Parser)]
#[command(bin_name = "cargo proxy-filter", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a filter from the template
    New {
        /// Lower-case words with hyphens between them, such as `my-filter`
        name: String,
    },
    /// Build every filter into target/filters/<name>.wasm
    Build {
        /// Build this filter; may be repeated
        #[arg(short, long, value_name = "NAME")]
        package: Vec<String>,
        /// Print a JSON object for each module, on a line of its own
        #[arg(long)]
        json: bool,
    },
    /// Make a module for one configuration, which is smaller and loads sooner
    #[cfg(feature = "specialize")]
    Specialize {
        /// Name of the filter
        filter: String,
        /// File with the configuration
        configuration: PathBuf,
        /// File to write the module to
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Pack every filter as an image into target/oci/<name>
    Pack {
        #[command(flatten)]
        module: SpecializedModule,
    },
    /// Push images to a registry
    #[cfg(feature = "registry")]
    Publish {
        /// Registry and folder, such as `registry.example.com/acme`
        registry: String,
        /// Tag of the images; the project's version by default
        tag: Option<String>,
        /// Publish this filter only
        #[arg(conflicts_with = "module")]
        filter: Option<String>,
        #[command(flatten)]
        module: SpecializedModule,
        /// Show what would be pushed, without pushing it
        #[arg(long)]
        dry_run: bool,
    },
    /// Pull an image and check that Istio, Envoy Gateway and Envoy accept it
    #[cfg(feature = "registry")]
    Verify {
        /// Reference with a tag or digest, such as `registry.example.com/acme/proxy-wasm-filters/add-header:0.1.0`
        reference: String,
    },
    /// Copy the files of deploy/ that refer to images into target/manifests, with references and digests filled in
    #[cfg(feature = "registry")]
    Manifests {
        /// Registry and folder of the images
        registry: String,
        /// Tag of the images
        tag: String,
    },
    /// Write the files of a release into target/release-assets
    #[cfg(feature = "registry")]
    Release {
        /// Registry and folder of the images
        registry: String,
    },
    /// Build a clone at another path and check that the images are identical
    Reproduce,
    /// Set the project's version in every file that names it
    Version {
        /// Three numbers, such as `0.2.0`
        new: String,
    },
}

/// A module that `specialize` made.
#[derive(Debug, Args)]
pub(crate) struct SpecializedModule {
    /// Use this module, which `specialize` made, in place of the filters
    #[arg(long, requires = "name")]
    module: Option<PathBuf>,
    /// Name of the module's image
    #[arg(long, requires = "module")]
    name: Option<String>,
}

impl SpecializedModule {
    /// Returns the selection of this module or, without one, of this filter or of all.
    pub(crate) fn selection<'a>(&'a self, filter: Option<&'a str>) -> Selection<'a> {
        match (&self.module, &self.name, filter) {
            (Some(file), Some(name), _) => Selection::Module { file, name },
            (.., Some(filter)) => Selection::Filter(filter),
            (.., None) => Selection::All,
        }
    }
}

/// Parses the command line. Prints help or an error and exits if there is no command to run.
pub(crate) fn parse() -> Command {
    Arguments::parse_from(without_own_name(std::env::args_os())).command
}

/// Removes the subcommand's name, which cargo passes as the first argument and a direct call does not.
fn without_own_name(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let is_own_name = |(at, argument): &(usize, OsString)| *at == 1 && argument == "proxy-filter";
    arguments.enumerate().filter(move |entry| !is_own_name(entry)).map(|(_, argument)| argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, clap::Error> {
        let arguments = line.split(' ').map(OsString::from);
        Arguments::try_parse_from(without_own_name(arguments)).map(|arguments| arguments.command)
    }

    #[test]
    fn cargo_may_pass_the_name_again() {
        for line in ["cargo-proxy-filter new my-filter", "cargo-proxy-filter proxy-filter new my-filter"] {
            assert!(matches!(parsed(line).unwrap(), Command::New { name } if name == "my-filter"), "{line}");
        }
        // Only in first place: a filter may have this name.
        assert!(parsed("cargo-proxy-filter new proxy-filter").is_ok());
    }

    #[test]
    fn errors_show_the_mistake() {
        for (line, expected) in [
            ("cargo-proxy-filter buld", "unrecognized subcommand 'buld'"),
            ("cargo-proxy-filter new", "<NAME>"),
            ("cargo-proxy-filter build add-header", "unexpected argument 'add-header'"),
            ("cargo-proxy-filter pack --module a.wasm", "--name <NAME>"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
