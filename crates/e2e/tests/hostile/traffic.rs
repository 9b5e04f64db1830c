//! Sends connections of many kinds at once, and counts what comes back.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Error, Result, ensure};

use crate::at_once;
use crate::exchange::Version;
use crate::kind::{Became, Kind};

/// Connections at once. More than there are cores, because many wait.
const AT_ONCE: usize = 24;

/// The most failures that are shown, one for each kind.
const SHOWN: usize = 12;

/// What came back, for each version of HTTP.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<&'static str, BTreeMap<String, usize>>);

impl Tally {
    fn add(&mut self, version: Version, became: Became) {
        let what = match became {
            Became::Answered(status) => format!("{}xx", status / 100),
            Became::Closed => "closed by Envoy".into(),
            Became::Left => "left by the client".into(),
            Became::Unanswered => "unfinished".into(),
        };
        *self.0.entry(name(version)).or_default().entry(what).or_default() += 1;
    }

    /// Returns the number of connections of a version.
    pub(crate) fn of(&self, version: Version) -> usize {
        self.0.get(name(version)).into_iter().flat_map(BTreeMap::values).sum()
    }
}

fn name(version: Version) -> &'static str {
    match version {
        Version::Http1 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (version, counts)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{} over {version}:", counts.values().sum::<usize>())?;
            for (index, (what, count)) in counts.iter().enumerate() {
                write!(f, "{} {count} {what}", if index == 0 { "" } else { "," })?;
            }
        }
        Ok(())
    }
}

/// Sends each kind to each listener.
pub(crate) fn send(kinds: &[Kind], listeners: &[(&'static str, SocketAddr)]) -> Result<Tally> {
    let all: Vec<_> =
        listeners.iter().flat_map(|listener| kinds.iter().map(move |kind| (listener, kind))).collect();
    let seen = Mutex::new((Tally::default(), BTreeMap::new()));
    at_once::each(&all, AT_ONCE, |((name, address), kind)| {
        let sent = kind.send(name, *address);
        let (tally, failures) = &mut *seen.lock().unwrap_or_else(PoisonError::into_inner);
        match sent {
            Ok(became) => tally.add(kind.version, became),
            // One for each kind says what is wrong.
            Err(error) => _ = failures.entry(&kind.name).or_insert(error),
        }
    });
    let (tally, failures) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let shown: Vec<_> = failures.values().take(SHOWN).map(|error: &Error| format!("{error:#}")).collect();
    ensure!(
        failures.is_empty(),
        "{} kinds of {} connections, among them:\n{}",
        failures.len(),
        all.len(),
        shown.join("\n")
    );
    Ok(tally)
}
