//! The README's section on cost, between two comments.

use anyhow::{Context, Result};

use super::table::{table, thousands};
use crate::job::{Form, Job};
use crate::results::Results;

const BEGIN: &str = "<!-- Written by `just bench`: -->\n";
const END: &str = "<!-- End of what `just bench` writes. -->\n";

/// The columns, after the job.
const FORMS: [Form; 5] = [Form::Native, Form::Lua, Form::Plain, Form::Ours, Form::Specialized];

/// Returns the section: the plot and a short table.
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
        "![Instructions per request, more than without a filter](docs/cost.svg)\n\n{}\n\
         Instructions per request in Envoy {}, more than without a filter, on {}. *native* is Envoy's own filter or route\n\
         option, *plain SDK* a filter written with nothing but the Rust SDK, *specialized* one of these filters, made for its\n\
         configuration with `just specialize`.\n",
        table(&head, 1, Job::ALL.map(row)),
        results.envoy,
        results.date,
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
