//! Tables of rows: a call in a phase, and the host's answer.

use std::collections::BTreeMap;

use proxy_filter_test::Plugin;

/// Answers by call. If a call was made more than once, the table keeps the first answer.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<String, String>);

impl Table {
    /// Reads the rows that the probe logged.
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
            assert!(self.0.insert(call.clone(), answer).is_none(), "{call} is in the table twice");
        }
    }

    /// Returns the answer to a call, such as `tick | get_log_level()`.
    pub(crate) fn answer(&self, call: &str) -> Option<&str> {
        self.0.get(call).map(String::as_str)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(call, answer)| (call.as_str(), answer.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Shows the rows that differ, this table's before the other's.
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

/// Waits until the probe has logged a row of this phase, which may happen after the client has its response.
pub(crate) fn wait_for_row(plugin: &Plugin<'_>, phase: &str) {
    let row = format!("Info: row {phase} | set_property()");
    let is_logged = || plugin.logs().iter().any(|line| line.starts_with(&row));
    assert!(plugin.eventually(is_logged), "no row of phase {phase}");
}
