//! Arguments that several commands share, or that belong together.

use std::path::PathBuf;

use cargo_proxy_filter::filter::Selection;
use cargo_proxy_filter::new::Kind;
#[cfg(feature = "registry")]
use cargo_proxy_filter::registry::sign::AttachmentOptions;
#[cfg(feature = "registry")]
use cargo_proxy_filter::signing::provenance;
use clap::Args;

/// Some of the filters.
#[derive(Debug, Args)]
pub(crate) struct Packages {
    /// Only this filter; may be repeated. By default all filters of the workspace
    #[arg(short = 'p', long = "package", value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

/// One filter.
#[cfg(any(feature = "specialize", feature = "try"))]
#[derive(Debug, Args)]
pub(crate) struct Package {
    /// The filter, if the workspace has several
    #[arg(short = 'p', long = "package", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// What a new filter does.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct NewKind {
    /// Adds a header to responses: the default
    #[arg(long)]
    http: bool,
    /// Closes TCP connections whose first line is too long
    #[arg(long)]
    tcp: bool,
    /// Asks an HTTP service about requests
    #[arg(long)]
    callout: bool,
}

impl NewKind {
    pub(crate) fn kind(&self) -> Kind {
        match (self.tcp, self.callout) {
            (true, _) => Kind::Tcp,
            (_, true) => Kind::Callout,
            _ => Kind::Http,
        }
    }
}

/// What to make images of.
#[derive(Debug, Args)]
pub(crate) struct Modules {
    #[command(flatten)]
    packages: Packages,
    /// Use this module, which `specialize` made, in place of the filters
    #[arg(long, requires = "name", conflicts_with = "names")]
    module: Option<PathBuf>,
    /// Name of the module's image
    #[arg(long, requires = "module")]
    name: Option<String>,
}

impl Modules {
    pub(crate) fn selection(&self) -> Selection<'_> {
        match (&self.module, &self.name) {
            (Some(file), Some(name)) => Selection::Module { file, name },
            _ => Selection::Filters(&self.packages.names),
        }
    }
}

/// What to attach to images.
#[cfg(feature = "registry")]
#[derive(Debug, Args)]
pub(crate) struct AttachmentArguments {
    /// Sign the images and their provenance with the private key in this file: cosign's, or PEM of openssl
    ///
    /// COSIGN_PASSWORD may contain the password of the key.
    #[arg(long = "sign", value_name = "KEY")]
    key: Option<PathBuf>,
    /// URI of the builder, recorded in the provenance
    #[arg(long, value_name = "URI", requires = "key", value_parser = uri, default_value = provenance::BUILDER)]
    builder: String,
    /// Attach a bill of materials, which cargo-cyclonedx makes of the committed sources
    #[arg(long, conflicts_with = "module")]
    sbom: bool,
}

#[cfg(feature = "registry")]
impl AttachmentArguments {
    pub(crate) fn options(self) -> AttachmentOptions {
        AttachmentOptions { key: self.key, builder: self.builder, bill: self.sbom }
    }
}

#[cfg(feature = "registry")]
fn uri(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("it is not a URI, such as https://ci.example.com/release".into()),
    }
}
