//! `cargo proxy-filter`.

mod arguments;
mod pages;

use std::process::ExitCode;

use anyhow::Result;
use arguments::{Arguments, Command, parse};
use cargo_proxy_filter::build::{self, Report};
use cargo_proxy_filter::capabilities;
#[cfg(feature = "specialize")]
use cargo_proxy_filter::specialize;
use cargo_proxy_filter::terminal::{Style, styled};
#[cfg(feature = "try")]
use cargo_proxy_filter::{check, envoy, terminal::Color, trial::Runner};
#[cfg(feature = "registry")]
use cargo_proxy_filter::{manifests, registry, release};
use cargo_proxy_filter::{new, pack, project::Project, reproduce, schema, test, version};
#[cfg(feature = "try")]
use proxy_filter_envoy::{Envoy, locate::ENVOY_VERSION};
#[cfg(feature = "try")]
use std::path::PathBuf;

fn main() -> ExitCode {
    let arguments = parse();
    let color = arguments.color;
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            let mark = styled("error:", Style::Red, color.on_errors());
            eprintln!("{mark} {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        Command::New { name, kind } => new::run(&std::env::current_dir()?, &name, kind.kind())?,
        Command::Build { packages, json } => {
            let report = if json { Report::Json } else { Report::Table };
            build::run(&Project::find()?, &packages.names, report)?;
        }
        Command::Test { packages, envoy_version, arguments } => {
            return test::run(&Project::find()?, &packages.names, envoy_version.as_deref(), &arguments);
        }
        #[cfg(feature = "try")]
        Command::Try(tried) => return try_filter(*tried, arguments.color),
        #[cfg(feature = "try")]
        Command::Check { files, package } => {
            return check_files(&files, package.name.as_deref(), arguments.color);
        }
        Command::Schema { packages } => return schema::run(&Project::find()?, &packages.names),
        Command::Capabilities { module } => capabilities::run(&module)?,
        #[cfg(feature = "specialize")]
        Command::Specialize { package, configuration, output } => {
            specialize::run(&Project::find()?, package.name.as_deref(), &configuration, &output)?;
        }
        Command::Pack { modules } => pack::run(&Project::find()?, modules.selection())?,
        #[cfg(feature = "registry")]
        Command::Publish { registry, tag, modules, attachments, dry_run } => {
            let (selection, options) = (modules.selection(), attachments.options());
            registry::publish::run(
                &Project::find()?,
                &registry,
                tag.as_deref(),
                selection,
                &options,
                dry_run,
            )?;
        }
        #[cfg(feature = "registry")]
        Command::Verify { reference, key } => {
            registry::verify::run(&std::env::current_dir()?, &reference, key.as_deref())?;
        }
        #[cfg(feature = "registry")]
        Command::Manifests { registry, tag } => manifests::pinned::run(&Project::find()?, &registry, &tag)?,
        Command::Completions { shell } => pages::completions(shell)?,
        Command::Man { output } => pages::manual(output.as_deref())?,
        #[cfg(feature = "registry")]
        Command::Release { registry } => {
            let project = Project::find()?;
            release::assets::write(&project, &registry, &project.target("release-assets"))?;
        }
        Command::Restrict => capabilities::files::write(&Project::find()?)?,
        Command::Reproduce => reproduce::run(&Project::find()?)?,
        Command::Version { new } => version::run(&Project::find()?, &new)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "try")]
fn try_filter(arguments: arguments::TryArguments, color: Color) -> Result<ExitCode> {
    let project = Project::find()?;
    let is_watching = arguments.watch();
    let command = arguments.command(&project, color)?;
    build::run(&project, &[&command.filter], Report::Quiet)?;
    if command.runner == Runner::Envoy {
        let of_filter = project.filter(&command.filter)?.envoy.as_deref();
        let version = of_filter.or(project.layout().envoy.as_deref()).unwrap_or(ENVOY_VERSION);
        Envoy::choose(envoy::ready(project.root(), version)?);
    }
    if is_watching {
        match command.watch()? {}
    }
    Ok(if command.once()? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(feature = "try")]
fn check_files(files: &[PathBuf], filter: Option<&str>, color: Color) -> Result<ExitCode> {
    let is_right = check::run(&Project::find()?, files, filter, color)?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
