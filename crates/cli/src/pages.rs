//! Completions for shells, and manual pages: both are made from the definition of the command line.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;

use crate::arguments::definition;
use cargo_proxy_filter::say;
use cargo_proxy_filter::say::print;

/// The program's name. Shells complete it when it is called directly.
const NAME: &str = env!("CARGO_PKG_NAME");

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition().bin_name(NAME), NAME, &mut script);
    print(&script);
    Ok(())
}

/// Writes a page of each command into a directory, or prints the first page.
pub(crate) fn manual(directory: Option<&Path>) -> Result<()> {
    let definition = page_definition();
    let Some(directory) = directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(definition).render(&mut page)?;
        print(&page);
        return Ok(());
    };
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(definition, directory))
        .with_context(|| format!("cannot write into {}", directory.display()))?;
    say!("{NAME}.1 and a page of each command are in {}", directory.display());
    Ok(())
}

fn page_definition() -> Command {
    definition().name(NAME).display_name(NAME).disable_help_subcommand(true)
}
