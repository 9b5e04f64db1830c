//! How long to search, and from which seed.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Rounds per subject of `just test`, which take a few seconds in all.
const SHORT: u64 = 2;

/// The length of a search. Each round has a seed of its own: the first has the search's, the next one the next number.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    first: u64,
    length: Length,
}

#[derive(Clone, Copy)]
enum Length {
    Rounds(u64),
    Time(Duration),
}

impl Budget {
    /// Takes `--minutes`, `--rounds` and `--seed` out of the program's arguments, and returns the others. Without the first
    /// two, the search is short and repeats the same rounds; otherwise its seed is random.
    pub(crate) fn take(arguments: impl Iterator<Item = String>) -> Result<(Self, Vec<String>)> {
        let mut arguments = arguments;
        let (mut length, mut seed, mut rest) = (None, None, Vec::new());
        while let Some(argument) = arguments.next() {
            let (option, value) = match argument.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (argument.clone(), None),
            };
            if !["--minutes", "--rounds", "--seed"].contains(&option.as_str()) {
                rest.push(argument);
                continue;
            }
            let value = value.or_else(|| arguments.next());
            let value = value.with_context(|| format!("{option} takes a number"))?;
            let number =
                || value.parse::<u64>().with_context(|| format!("{option} takes a number, not `{value}`"));
            match option.as_str() {
                "--minutes" => length = Some(Length::Time(Duration::from_secs(number()?.saturating_mul(60)))),
                "--rounds" if number()? == 0 => bail!("--rounds takes 1 or more"),
                "--rounds" => length = Some(Length::Rounds(number()?)),
                _ => seed = Some(number()?),
            }
        }
        let random = || if length.is_some() { u64::from(fastrand::u32(..)) } else { 0 };
        let first = seed.unwrap_or_else(random);
        Ok((Self { first, length: length.unwrap_or(Length::Rounds(SHORT)) }, rest))
    }

    /// Shares the minutes among this many subjects.
    pub(crate) fn shared(self, subjects: usize) -> Self {
        let subjects = u32::try_from(subjects).unwrap_or(u32::MAX).max(1);
        let length = match self.length {
            Length::Time(time) => Length::Time(time / subjects),
            rounds @ Length::Rounds(_) => rounds,
        };
        Self { length, ..self }
    }

    /// Runs rounds with their seeds until the time is over or the last round has run.
    pub(crate) fn each(self, mut round: impl FnMut(u64) -> Result<()>) -> Result<()> {
        let start = Instant::now();
        let mut run = |index: u64| match self.length {
            Length::Rounds(rounds) if index >= rounds => ControlFlow::Break(Ok(())),
            Length::Time(time) if index > 0 && start.elapsed() >= time => ControlFlow::Break(Ok(())),
            _ => match round(self.first.wrapping_add(index)) {
                Ok(()) => ControlFlow::Continue(()),
                error => ControlFlow::Break(error),
            },
        };
        match (0..).try_for_each(&mut run) {
            ControlFlow::Break(result) => result,
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}
