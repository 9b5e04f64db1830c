//! All rows. Another form of a job is another entry in one of these files.

mod lua;
mod native;
pub(crate) mod ours;
mod plain;

use serde_json::json;

use crate::job::{Form, Job};
use crate::row::{Modules, NO_FILTER, NO_FILTER_UPSTREAM, Row};

/// The target of all requests, which the rewrites match.
pub(crate) const TARGET: &str = "/banana/418?a=b";

/// Returns all rows, those without a filter first.
pub(crate) fn all(modules: &Modules) -> Vec<Row> {
    let alone = |id, detail| Row::new(id, Job::Nothing, Form::NoFilter, detail);
    let mut rows =
        vec![alone(NO_FILTER, "direct response"), alone(NO_FILTER_UPSTREAM, "upstream").upstream(json!({}))];
    rows.extend(native::rows());
    rows.extend(lua::rows());
    rows.extend(plain::rows(modules));
    rows.extend(ours::rows(modules));
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::budgets::{As, MODULES, RATIOS};

    #[test]
    fn ids_are_unique_and_budgets_name_rows() {
        let rows = all(&Modules {
            ours: "ours".into(),
            plain: "plain".into(),
            specialized: Some("specialized".into()),
        });
        let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), rows.len());
        let named = RATIOS.iter().flat_map(|ratio| [ratio.row, ratio.of]);
        let loaded = MODULES.iter().filter_map(|module| match module.loaded {
            As::Row(id) => Some(id),
            As::Http(_) | As::Tcp(_) => None,
        });
        for id in named.chain(loaded) {
            assert!(ids.contains(id), "a budget names the row `{id}`, which does not exist");
        }
    }
}
