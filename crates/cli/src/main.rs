//! `cargo proxy-filter`.

mod arguments;

use std::process::ExitCode;

use anyhow::Result;
use arguments::{Command, parse};
use cargo_proxy_filter::build::{self, Report};
#[cfg(feature = "specialize")]
use cargo_proxy_filter::specialize;
#[cfg(feature = "registry")]
use cargo_proxy_filter::{manifests, registry, release};
use cargo_proxy_filter::{new, pack, project::Project, reproduce, version};

fn main() -> ExitCode {
    let command = parse();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    if let Command::New { name, kind } = &command {
        return new::run(&std::env::current_dir()?, name, kind.of());
    }
    let project = Project::find()?;
    match command {
        Command::New { .. } => Ok(()),
        Command::Build { package, json } => {
            build::run(&project, &package, if json { Report::Json } else { Report::Table })
        }
        #[cfg(feature = "specialize")]
        Command::Specialize { filter, configuration, output } => {
            specialize::run(&project, &filter, &configuration, &output)
        }
        Command::Pack { module } => pack::run(&project, module.selection(None)),
        #[cfg(feature = "registry")]
        Command::Publish { registry, tag, filter, dry_run, module } => registry::publish::run(
            &project,
            &registry,
            tag.as_deref(),
            module.selection(filter.as_deref()),
            dry_run,
        ),
        #[cfg(feature = "registry")]
        Command::Verify { reference } => registry::verify::run(project.root(), &reference),
        #[cfg(feature = "registry")]
        Command::Manifests { registry, tag } => manifests::pinned::run(&project, &registry, &tag),
        #[cfg(feature = "registry")]
        Command::Release { registry } => {
            release::assets::write(&project, &registry, &project.target("release-assets"))
        }
        Command::Reproduce => reproduce::run(&project),
        Command::Version { new } => version::run(&project, &new),
    }
}
