//! Checks that every row does its job, so that nothing is measured that does nothing.

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::http::{Request, Response};

use crate::job::Job;
use crate::row::{self, Row};
use crate::rows::TARGET;
use crate::upstream::{self, TARGET_HEADER};

/// The target that the rewrites produce, and the value of the edited header, in which the upstream shows the target.
const REWRITTEN: &str = "/status/418?a=b";

/// Sends one request to each row, in front of an upstream that shows what it received.
///
/// # Errors
/// A row does not do its job, or Envoy does not start.
pub(crate) fn all(rows: &[Row]) -> Result<()> {
    let rows: Vec<_> = rows.iter().map(Row::in_front_of_upstream).collect();
    let envoy = Envoy::start(&row::bootstrap(&rows, upstream::start()?))?;
    for row in &rows {
        let response = envoy.send(row.id, &Request::get(TARGET))?;
        ensure!(does_its_job(row.job, &response), "{} does not do its job:\n{response}", row.id);
    }
    Ok(())
}

fn does_its_job(job: Job, response: &Response) -> bool {
    let added = |name: &&str| response.values(name).len() == 1;
    let names = ["x-a", "x-b", "x-c", "x-d", "x-e"];
    let (added, target) = (names.iter().filter(|name| added(name)).count(), response.values(TARGET_HEADER));
    let (expected, path) = match job {
        Job::Nothing | Job::Bucket | Job::Address => (0, TARGET),
        Job::Header => (1, TARGET),
        Job::FiveHeaders => (names.len(), TARGET),
        Job::Regex | Job::Prefix | Job::Edit => (0, REWRITTEN),
    };
    response.status == 200 && added == expected && target == [path]
}
