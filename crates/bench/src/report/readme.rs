//! The README's section on cost, between two comments.

use anyhow::{Context, Result};

use super::table::{table, thousands};
use crate::job::{Form, Job};
use crate::results::{Loaded, Results};

const BEGIN: &str = "<!-- Written by `just bench`: -->\n";
const END: &str = "<!-- End of what `just bench` writes. -->\n";

/// The columns, after the job.
const FORMS: [Form; 5] = [Form::Native, Form::Lua, Form::Plain, Form::Ours, Form::Specialized];

/// Returns the section: the plot, and short tables of what requests and loading cost.
pub(super) fn section(results: &Results) -> String {
    let row = |job: Job| {
        let cell = |form| {
            let of_form = results.instructions.iter().find(|row| row.job == job && row.form == form);
            of_form.map_or("-".to_owned(), |row| thousands(row.cost.over_no_filter))
        };
        [vec![job.title().to_owned()], FORMS.map(cell).into()].concat()
    };
    let head = [["job"].as_slice(), &FORMS.map(Form::title)].concat();
    format!(
        "![Instructions that a filter adds to a request](docs/cost.svg)\n\n{}\n\
         Instructions that a filter adds to a request in Envoy {}, on {}. *native* is Envoy's own filter or route option,\n\
         *plain SDK* a filter written with nothing but the Rust SDK, *specialized* one of these filters, compiled for one\n\
         configuration with `just specialize`.\n\n{}",
        table(&head, 1, Job::ALL.map(row)),
        results.envoy,
        results.date,
        loading(results),
    )
}

/// Returns what loading a module adds to Envoy.
fn loading(results: &Results) -> String {
    let nothing = results.modules.iter().find(|module| module.form == Form::NoFilter);
    let (cpu_ms, resident_mb) = nothing.map_or((0.0, 0.0), |module| (module.cpu_ms, module.resident_mb));
    let row = |module: &Loaded| {
        vec![
            module.module.clone(),
            module.form.title().to_owned(),
            format!("{:.0} KB", module.bytes as f64 / 1e3),
            format!("{:.0} ms", module.cpu_ms - cpu_ms),
            format!("{:.0} MB", module.resident_mb - resident_mb),
        ]
    };
    let is_shown = |module: &&Loaded| matches!(module.form, Form::Ours | Form::Specialized);
    let rows = results.modules.iter().filter(is_shown).map(row);
    let table = table(&["module", "", "size", "CPU time to load", "memory"], 2, rows);
    format!(
        "{table}\nLoading adds this to an Envoy with one worker, which has {resident_mb:.0} MB by itself.\n"
    )
}

/// Replaces the section in the README's text.
///
/// # Errors
/// The text has no section.
pub(super) fn with_section(readme: &str, section: &str) -> Result<String> {
    let parts = || {
        let (before, rest) = readme.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}{section}{END}{after}"))
    };
    parts().with_context(|| format!("no section between `{}` and `{}`", BEGIN.trim(), END.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_is_replaced() {
        let readme = |section: &str| format!("# A\n{BEGIN}{section}{END}b\n");
        assert_eq!(with_section(&readme("old\n"), "new\n").unwrap(), readme("new\n"));
        assert!(with_section("# A\n", "new\n").is_err());
    }
}
