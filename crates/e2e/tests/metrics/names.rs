//! Names and labels of the filters' metrics, compared with the tables of their READMEs.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use harness::metrics::readme::{self, Metrics};
use harness::metrics::scrape::{self, Series};
use harness::{Envoy, deployed, locate, parts};

use crate::scenario::Scenario;

/// Runs every file of `deploy/envoy` that has a filter, in the newest and the oldest Envoy. Each metric is in the table of the
/// README of the filter that the label `filter` names.
pub(crate) fn of_files() -> Result<()> {
    let (listed, mut seen) = (readme::all()?, BTreeSet::new());
    for entry in fs::read_dir(parts::root().join("deploy/envoy"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let has_metrics = name.ends_with(".yaml") && listed.keys().any(|filter| name.starts_with(filter));
        if !has_metrics {
            continue;
        }
        for program in [locate::envoy(), locate::cached(parts::OLDEST_ENVOY_VERSION)] {
            let envoy = Envoy::start_text(&program, "envoy.yaml", &deployed::configuration(&name, &[])?)?;
            for series in scrape::of_filters(&envoy)? {
                let of_filter = series.labels.get("filter").and_then(|filter| listed.get_key_value(filter));
                let (filter, of_filter) =
                    of_filter.with_context(|| format!("deploy/envoy/{name}: no `filter`: {series:?}"))?;
                expect_listed(&series, of_filter).with_context(|| format!("deploy/envoy/{name}"))?;
                seen.insert(filter);
            }
        }
    }
    ensure!(seen.into_iter().eq(listed.keys()), "the files of a filter show no metrics");
    Ok(())
}

/// Runs a configuration that uses every feature. It defines all metrics of all tables, and no others.
pub(crate) fn of_readmes() -> Result<()> {
    let by_filter = readme::all()?;
    let listed: Metrics =
        by_filter.values().flatten().map(|(name, labels)| (name.clone(), labels.clone())).collect();
    let scenario = Scenario::start()?;
    let mut shown = Metrics::new();
    for series in scrape::of_filters(&scenario.envoy)? {
        // The module that traps has metrics too.
        if by_filter.keys().any(|filter| series.name.starts_with(&filter.replace('-', "_"))) {
            expect_listed(&series, &listed)?;
            shown.insert(series.name.clone(), series.label_names());
        }
    }
    ensure!(shown == listed, "Envoy shows {shown:#?}\nthe READMEs list {listed:#?}");
    Ok(())
}

fn expect_listed(series: &Series, listed: &Metrics) -> Result<()> {
    let labels = listed.get(&series.name).with_context(|| format!("{} is not in the README", series.name))?;
    ensure!(*labels == series.label_names(), "{series:?}: the README gives it the labels {labels:?}");
    Ok(())
}
