//! Arguments that several commands share, or that belong together.

use std::path::PathBuf;

use cargo_proxy_filter::filter::Selection;
use cargo_proxy_filter::new::Kind;
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
