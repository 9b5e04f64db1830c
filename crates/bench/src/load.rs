//! What loading a module costs: CPU time, the time until Envoy is ready, and memory.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::usage::{cpu_time, resident};

use crate::budgets::{As, MODULES, REFERENCE};
use crate::client::Connection;
use crate::job::{Form, Job};
use crate::results::Loaded;
use crate::row::{self, Modules, NO_FILTER, Row};
use crate::statistics::median;
use crate::upstream;

/// Starts of Envoy with each module, in turn.
pub(crate) const ROUNDS: usize = 5;

/// Requests after which memory is read, so that the worker has used the module.
const REQUESTS: u64 = 200;

/// An Envoy to start.
struct Start {
    module: &'static str,
    form: Form,
    file: Option<PathBuf>,
    bootstrap: Bootstrap,
    /// The listener to send requests to.
    http: Option<&'static str>,
}

/// Measures each module in an Envoy with one worker. Returns medians.
///
/// # Errors
/// Envoy does not start, or a request fails.
pub(crate) fn measure(rows: &[Row], modules: &Modules) -> Result<Vec<Loaded>> {
    let starts = starts(rows, modules)?;
    let mut samples = vec![Vec::new(); starts.len()];
    for round in 1..=ROUNDS {
        eprintln!("loading each module: {round} of {ROUNDS}");
        for (start, samples) in starts.iter().zip(&mut samples) {
            samples.push(start.sample().context(start.module)?);
        }
    }
    let loaded = starts.into_iter().zip(samples).map(|(start, samples)| {
        let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value).collect());
        Ok(Loaded {
            module: start.module.into(),
            form: start.form,
            bytes: start.file.map_or(Ok(0), |file| file.metadata().map(|metadata| metadata.len()))?,
            ready_ms: of(|sample| sample.ready_ms),
            cpu_ms: of(|sample| sample.cpu_ms),
            resident_mb: of(|sample| sample.resident_mb),
        })
    });
    loaded.collect()
}

/// What one start measured.
#[derive(Clone, Copy)]
struct Sample {
    ready_ms: f64,
    cpu_ms: f64,
    resident_mb: f64,
}

impl Start {
    fn sample(&self) -> Result<Sample> {
        let begin = Instant::now();
        let envoy = Envoy::start(&self.bootstrap)?;
        let (ready, cpu) = (begin.elapsed(), cpu_time(envoy.id())?);
        if let Some(listener) = self.http {
            Connection::open(envoy.address(listener)?)?.exchange_many(REQUESTS)?;
        }
        Ok(Sample {
            ready_ms: ready.as_secs_f64() * 1e3,
            cpu_ms: cpu.as_secs_f64() * 1e3,
            resident_mb: resident(envoy.id())? as f64 / 1e6,
        })
    }
}

/// Returns what to start, without the modules of rows that are left out.
fn starts(rows: &[Row], modules: &Modules) -> Result<Vec<Start>> {
    let upstream = upstream::start()?;
    let http = |module, id| {
        rows.iter().find(|row| row.id == id).map(|row| Start {
            module,
            form: row.form,
            file: row.module().map(Path::to_path_buf),
            bootstrap: row::bootstrap([row], upstream),
            http: Some(row.id),
        })
    };
    let compared = [("no filter", NO_FILTER), ("Lua", "header-lua"), (REFERENCE, "header-plain")];
    let compared = compared.into_iter().filter_map(|(module, id)| http(module, id));
    let ours = MODULES.iter().filter_map(|budget| {
        let file = modules.ours.join(format!("{}.wasm", budget.filter));
        let filter = |configuration| Filter::new(budget.filter, &file, configuration);
        let (bootstrap, http) = match budget.loaded {
            As::Row(id) => return http(budget.filter, id),
            As::Http(configuration) => {
                let row =
                    Row::new(budget.filter, Job::Nothing, budget.form, "").filter(filter(configuration));
                (row::bootstrap([&row], upstream), Some(budget.filter))
            }
            As::Tcp(configuration) => {
                let bootstrap =
                    row::bootstrap([], upstream).tcp("tcp", &[filter(configuration)], row::CLUSTER);
                (bootstrap, None)
            }
        };
        Some(Start { module: budget.filter, form: budget.form, file: Some(file), bootstrap, http })
    });
    Ok(compared.chain(ours).collect())
}
