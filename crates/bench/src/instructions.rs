//! Instructions per request, on Envoy's worker thread and in user mode.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::callgrind::Callgrind;
use crate::client::Connection;
use crate::job::Job;
use crate::results::{Count, Measured};
use crate::row::{self, Row};
use crate::upstream;

/// Requests to each row at full speed, after which V8 and LuaJIT compile nothing more.
const WARM_UP: u64 = 3_000;

/// Requests to each row after counting has begun, before the first that counts.
const SETTLE: u64 = 100;

/// Requests that count. A multiple of every lease, and enough for several collections of garbage in LuaJIT.
const REQUESTS: u64 = 2_000;

/// Measures rows, those of each job in an Envoy of their own, with the rows that they are compared with.
///
/// Valgrind gives a process 128 GiB of addresses, and V8 reserves about 10 GiB for each VM, of which a module has three (the
/// module's own, the main thread's and the worker's). So an Envoy has room for the three modules of a job, not for all.
///
/// # Errors
/// Envoy or Valgrind is missing or fails, or a request fails.
pub(crate) fn measure(all: &[Row]) -> Result<Vec<Measured<Count>>> {
    let mut counts: Vec<Measured<Count>> = Vec::new();
    for job in Job::ALL {
        let rows: Vec<_> = all.iter().filter(|row| row.job == job).collect();
        let baselines: BTreeSet<_> = rows.iter().map(|row| row.baseline()).collect();
        let baselines: Vec<_> = all.iter().filter(|row| baselines.contains(row.id)).collect();
        if rows.is_empty() {
            continue;
        }
        let totals = measure_together(&[baselines.clone(), rows.clone()].concat())?;
        for row in baselines.into_iter().chain(rows) {
            let of = |id| totals.get(id).copied().context(id);
            let instructions = of(row.id)?;
            let over_no_filter = instructions - of(row.baseline())?;
            // A row without a filter is measured with each job.
            if !counts.iter().any(|measured| measured.row == row.id) {
                counts.push(Measured::new(row, Count { instructions, over_no_filter }));
            }
        }
    }
    Ok(counts)
}

/// Returns the instructions per request of rows in one Envoy.
fn measure_together(rows: &[&Row]) -> Result<BTreeMap<&'static str, f64>> {
    let bootstrap = row::bootstrap(rows.iter().copied(), upstream::start()?);
    eprintln!("starting Envoy under Valgrind with {} listeners", rows.len());
    let callgrind = Callgrind::start(&bootstrap)?;
    let mut connections = Vec::new();
    for row in rows {
        let mut connection = Connection::open(callgrind.envoy().address(row.id)?)?;
        connection.exchange_many(WARM_UP).context(row.id)?;
        connections.push(connection);
    }
    callgrind.instrument()?;
    let mut totals = BTreeMap::new();
    for (row, connection) in rows.iter().zip(&mut connections) {
        connection.exchange_many(SETTLE).context(row.id)?;
        let counted = callgrind.count(|| connection.exchange_many(REQUESTS)).context(row.id)?;
        let mean = counted as f64 / REQUESTS as f64;
        eprintln!("  {:<22} {mean:>9.0}", row.id);
        totals.insert(row.id, mean);
    }
    Ok(totals)
}
