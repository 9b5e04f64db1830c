//! Compares figures with budgets.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::budgets::{MODULES, Module, RATIOS, REFERENCE, Ratio, TOLERANCE};
use crate::job::Form;
use crate::results::{Count, Loaded, Measured};

/// A figure and its budget.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// The job and its row, or the module.
    pub(crate) name: String,
    /// What the figure is, such as `instructions` or `size`.
    pub(crate) what: &'static str,
    pub(crate) figure: f64,
    pub(crate) budget: f64,
    /// What the figure counts, such as ` x Lua` or ` KB`.
    pub(crate) unit: String,
}

impl Verdict {
    /// Returns whether the budget is met.
    pub(crate) fn is_met(&self) -> bool {
        self.figure <= self.budget
    }

    /// Returns whether the figure is over its budget by more than measurements and compilers vary.
    pub(crate) fn fails(&self) -> bool {
        self.figure > self.budget * TOLERANCE
    }

    /// Returns the word that tables show.
    pub(crate) fn word(&self) -> &'static str {
        if self.is_met() { "met" } else { "missed" }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, what, figure, budget, unit } = self;
        write!(f, "{name}: {what} {figure:.2}{unit}, budget {budget:.2}: {}", self.word())
    }
}

/// Compares instructions with their budgets. Rows that were not measured are left out.
pub(crate) fn of_instructions(instructions: &[Measured<Count>]) -> Vec<Verdict> {
    let find = |row: &str| instructions.iter().find(|measured| measured.row == row);
    let verdict = |ratio: &Ratio| {
        let (row, of) = (find(ratio.row)?, find(ratio.of)?);
        Some(Verdict {
            name: format!("{} ({})", row.job.title(), row.row),
            what: "instructions",
            figure: row.cost.over_no_filter / of.cost.over_no_filter,
            budget: ratio.limit,
            unit: format!(" x {}", of.form.title()),
        })
    };
    RATIOS.iter().filter_map(verdict).collect()
}

/// Compares the sizes of the filters' modules in a folder with their budgets.
///
/// # Errors
/// A module is missing.
pub(crate) fn of_sizes(modules: &Path) -> Result<Vec<Verdict>> {
    let verdict = |budget: &Module| {
        let file = modules.join(format!("{}.wasm", budget.filter));
        let metadata = file.metadata().with_context(|| format!("{}: run `just build`", file.display()))?;
        Ok(size(budget, metadata.len()))
    };
    let verdicts = MODULES.iter().filter(|budget| budget.form == Form::Ours).map(verdict);
    Ok(verdicts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn size(module: &Module, bytes: u64) -> Option<Verdict> {
    let (name, budget) = (name(module), module.kilobytes?);
    Some(Verdict { name, what: "size", figure: bytes as f64 / 1e3, budget, unit: " KB".into() })
}

/// Names the module, and its form if that is another than usual.
fn name(Module { filter, form, .. }: &Module) -> String {
    match form {
        Form::Ours => (*filter).into(),
        _ => format!("{} {filter}", form.title()),
    }
}

/// Compares what loading costs with its budgets.
pub(crate) fn of_modules(loaded: &[Loaded]) -> Vec<Verdict> {
    let find = |name: &str, form| loaded.iter().find(|loaded| loaded.module == name && loaded.form == form);
    let nothing = loaded.iter().find(|loaded| loaded.form == Form::NoFilter);
    let (Some(nothing), Some(reference)) = (nothing, find(REFERENCE, Form::Plain)) else {
        return Vec::new();
    };
    let mut verdicts = Vec::new();
    for budget in &MODULES {
        let Some(module) = find(budget.filter, budget.form) else { continue };
        verdicts.extend(size(budget, module.bytes));
        let mut add = |what, figure, limit, unit: &str| {
            verdicts.push(Verdict { name: name(budget), what, figure, budget: limit, unit: unit.into() });
        };
        if let Some(limit) = budget.load {
            let load = (module.cpu_ms - nothing.cpu_ms) / (reference.cpu_ms - nothing.cpu_ms);
            add("loading", load, limit, &format!(" x {}", reference.form.title()));
        }
        if let Some(limit) = budget.megabytes {
            add("memory", module.resident_mb - nothing.resident_mb, limit, " MB");
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_and_its_specialized_module_have_their_own_budgets() {
        let loaded = |module: &str, form, cpu_ms| Loaded {
            module: module.into(),
            form,
            bytes: 100_000,
            ready_ms: 0.0,
            cpu_ms,
            resident_mb: 0.0,
        };
        let loaded = [
            loaded("no filter", Form::NoFilter, 10.0),
            loaded(REFERENCE, Form::Plain, 110.0),
            loaded("add-header", Form::Ours, 310.0),
            loaded("add-header", Form::Specialized, 60.0),
        ];
        let shown: Vec<_> = of_modules(&loaded).iter().map(Verdict::to_string).collect();
        let has = |start: &str| shown.iter().any(|verdict| verdict.starts_with(start));
        assert!(
            has("add-header: size 100.00 KB") && has("add-header: loading 3.00 x plain SDK"),
            "{shown:?}"
        );
        assert!(has("specialized add-header: loading 0.50 x plain SDK"), "{shown:?}");
        assert!(!has("specialized add-header: size"), "{shown:?}");
    }

    #[test]
    fn a_figure_fails_once_it_is_over_the_tolerance() {
        let verdict = |figure| Verdict {
            name: "header-ours".into(),
            what: "instructions",
            figure,
            budget: 1.0,
            unit: " x Lua".into(),
        };
        assert!(verdict(1.0).is_met() && !verdict(1.0).fails());
        assert!(!verdict(1.02).is_met() && !verdict(1.02).fails());
        assert!(verdict(1.04).fails());
        let shown = "header-ours: instructions 1.04 x Lua, budget 1.00: missed";
        assert_eq!(verdict(1.04).to_string(), shown);
    }
}
