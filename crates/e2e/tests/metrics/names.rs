//! Names and labels of the filters' metrics, compared with the tables of their READMEs.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use harness::{Envoy, deployed, locate, parts};

use crate::readme::{self, Metrics};
use crate::scenario::Scenario;
use crate::scrape::{self, Series};

/// Runs every file of `deploy/envoy` that has a filter. Each metric is in the table of the README of the filter that the label
/// `filter` names.
pub(crate) fn of_files() -> Result<()> {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(parts::root().join("deploy/envoy"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_ours = name.ends_with(".yaml") && name != "server-first.yaml";
        if !is_ours {
            continue;
        }
        for program in [locate::envoy(), locate::cached(parts::OLDEST_ENVOY_VERSION)] {
            let envoy = Envoy::start_text(&program, "envoy.yaml", &deployed::configuration(&name, &[])?)?;
            let shown = scrape::of_filters(&envoy)?;
            ensure!(!shown.is_empty(), "deploy/envoy/{name} shows no metrics");
            for series in shown {
                let filter =
                    series.labels.get("filter").with_context(|| format!("no `filter`: {series:?}"))?;
                let listed = readme::metrics(filter).with_context(|| format!("deploy/envoy/{name}"))?;
                expect_listed(&series, &listed).with_context(|| format!("deploy/envoy/{name}"))?;
                seen.insert(filter.clone());
            }
        }
    }
    ensure!(seen.into_iter().eq(parts::filter_names()?), "a filter has no file");
    Ok(())
}

/// Runs a configuration that uses every feature. It defines all metrics of all tables, and no others.
pub(crate) fn of_readmes() -> Result<()> {
    let mut listed = Metrics::new();
    for filter in parts::filter_names()? {
        listed.append(&mut readme::metrics(&filter)?);
    }
    let scenario = Scenario::start()?;
    let mut shown = Metrics::new();
    for series in scrape::of_filters(&scenario.envoy)? {
        let is_ours =
            parts::filter_names()?.iter().any(|filter| series.name.starts_with(&filter.replace('-', "_")));
        if is_ours {
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
