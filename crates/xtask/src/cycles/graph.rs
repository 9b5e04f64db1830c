//! A graph of files that use names from other files, and its cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The names that a file uses, by the file that defines them.
type Uses = BTreeMap<PathBuf, BTreeSet<String>>;

/// The names that each file uses.
#[derive(Default)]
pub(super) struct Graph(BTreeMap<PathBuf, Uses>);

impl Graph {
    pub(super) fn add(&mut self, user: &Path, definer: &Path, name: &str) {
        let uses = self.0.entry(user.to_owned()).or_default();
        uses.entry(definer.to_owned()).or_default().insert(name.to_owned());
    }

    /// Describes every set of files that depend on each other.
    pub(super) fn cycles(&self) -> Vec<String> {
        let reached: BTreeMap<_, _> = self.0.keys().map(|file| (file, self.reached(file))).collect();
        let mut seen = BTreeSet::new();
        let mut cycles = Vec::new();
        for (file, behind) in &reached {
            let returns = |other: &&PathBuf| reached.get(other).is_some_and(|back| back.contains(*file));
            let cycle: BTreeSet<_> = behind.iter().filter(returns).collect();
            if !cycle.is_empty() && seen.insert(cycle.clone()) {
                cycles.push(self.shown(&cycle));
            }
        }
        cycles
    }

    /// Returns the files that a file depends on, directly or indirectly.
    fn reached(&self, file: &Path) -> BTreeSet<PathBuf> {
        let mut reached = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            for definer in self.0.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(definer.clone()) {
                    next.push(definer);
                }
            }
        }
        reached
    }

    fn shown(&self, cycle: &BTreeSet<&PathBuf>) -> String {
        let mut lines = String::new();
        for user in cycle {
            for (definer, names) in self.0.get(*user).into_iter().flatten() {
                if cycle.contains(definer) {
                    let names = names.iter().cloned().collect::<Vec<_>>().join(", ");
                    lines += &format!("  {} uses {names} of {}\n", user.display(), definer.display());
                }
            }
        }
        lines
    }
}
