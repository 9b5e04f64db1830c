//! The program's arguments.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use harness::parts;

const USAGE: &str = "usage: bench [--short | --render | instructions [ROW...] | load] [--modules DIR]";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Measure everything and write the docs.
    All,
    /// Measure what has a budget of instructions, and fail if one is missed.
    Short,
    /// Write the docs from the results of the last run.
    Render,
    /// Print the instructions of the rows whose ids begin with one of these, or of all.
    Instructions(Vec<String>),
    /// Print what loading the modules costs.
    Load,
}

/// Parses the arguments. Also returns the folder of the filters' modules.
///
/// # Errors
/// An argument is unknown.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<(Command, PathBuf)> {
    let mut arguments = arguments;
    let (mut words, mut modules) = (Vec::new(), parts::filters());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--modules" => modules = arguments.next().context(USAGE)?.into(),
            _ => words.push(argument),
        }
    }
    let command = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Command::All,
        ["--short"] => Command::Short,
        ["--render"] => Command::Render,
        ["instructions", ids @ ..] => Command::Instructions(ids.iter().map(|id| (*id).to_owned()).collect()),
        ["load"] => Command::Load,
        _ => bail!("{USAGE}"),
    };
    Ok((command, modules))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_may_come_in_any_order() {
        let parse = |line: &str| parse(line.split_whitespace().map(str::to_owned));
        assert_eq!(parse("").unwrap(), (Command::All, parts::filters()));
        assert_eq!(parse("--modules /m --short").unwrap(), (Command::Short, "/m".into()));
        let rows = Command::Instructions(vec!["header".into()]);
        assert_eq!(parse("instructions header --modules /m").unwrap(), (rows, "/m".into()));
        assert!(parse("--shirt").unwrap_err().to_string().contains("usage"));
    }
}
