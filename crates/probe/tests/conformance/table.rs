//! Tables of rows: a call in a phase, and the answer.

use std::collections::BTreeMap;

use proxy_filter_test::Plugin;

/// Answers by call. Of a call that was made more than once only the first counts.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<String, String>);

impl Table {
    /// The rows that the probe logged.
    pub(crate) fn of_log(lines: &[String]) -> Self {
        let mut table = Self::default();
        for line in lines.iter().filter_map(|line| line.strip_prefix("Info: row ")) {
            let (call, answer) = line.rsplit_once(" | ").expect("a row");
            table.0.entry(call.to_owned()).or_insert_with(|| answer.to_owned());
        }
        table
    }

    pub(crate) fn extend(&mut self, rows: impl IntoIterator<Item = (String, String)>) {
        for (call, answer) in rows {
            assert!(self.0.insert(call.clone(), answer).is_none(), "{call} stands there twice");
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The rows that are not the same in both, this table's before the other's.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let calls = self.0.keys().chain(other.0.keys().filter(|call| !self.0.contains_key(*call)));
        let none = "(no such row)".to_owned();
        calls
            .filter_map(|call| {
                let (own, others) = (self.0.get(call).unwrap_or(&none), other.0.get(call).unwrap_or(&none));
                (own != others).then(|| format!("  {call}\n-   {own}\n+   {others}"))
            })
            .collect()
    }
}

/// Waits until the probe has logged a row of this phase, as it does behind the client's back.
pub(crate) fn wait_for_row(plugin: &Plugin<'_>, phase: &str) {
    let row = format!("Info: row {phase} | grpc_cancel(99)");
    let is_logged = || plugin.logs().iter().any(|line| line.starts_with(&row));
    assert!(plugin.eventually(is_logged), "no row of phase {phase}");
}
