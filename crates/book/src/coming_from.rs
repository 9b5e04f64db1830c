//! How other products do jobs of the cookbook: each a file of `coming-from/`, and the page that shows them.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use harness::parts;
use serde::Deserialize;

use crate::cookbook::{Expectation, HeaderTest, Job, anchor, block_of, details, heading_link};

const INTRODUCTION: &str = include_str!("coming_from.md");

/// Another product.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The name of its file, without the number and the extension.
    #[serde(skip)]
    pub name: String,
    /// Its name.
    pub title: String,
    /// The language of its configurations.
    language: String,
    /// What to keep in mind, in Markdown.
    about: String,
    /// What differs, where theirs is better too, in Markdown.
    differences: Vec<String>,
    /// What is called what: theirs and ours.
    terms: Vec<(String, String)>,
    /// Jobs of the cookbook, as the product does them.
    pub pairs: Vec<Pair>,
}

/// A job of the cookbook, as another product does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The job.
    job: String,
    /// The product's configuration.
    pub theirs: String,
    /// How it is tested. What lacks this is not.
    pub run: Option<Run>,
    /// What is expected instead of some of the job's exchanges, by their numbers, from 1.
    #[serde(default)]
    differs: BTreeMap<usize, Expectation>,
    /// Response headers of the job that the product does not send.
    #[serde(default)]
    without: Vec<String>,
    /// What differs here, in Markdown.
    note: Option<String>,
}

/// How the configuration of another product is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// As Envoy's HTTP filters.
    Filters,
    /// As Envoy's routes.
    Routes,
    /// In nginx.
    Nginx,
    /// Against its schema only, as a resource of Istio.
    Schema,
}

impl Pair {
    /// Returns the job, with what is expected of the product.
    ///
    /// # Errors
    /// There is no such job or exchange.
    pub fn job(&self, jobs: &[Job]) -> Result<Job> {
        let job = jobs.iter().find(|job| job.name == self.job);
        let mut job = job.with_context(|| format!("there is no job `{}`", self.job))?.clone();
        let all = job.exchanges.len();
        ensure!(self.differs.keys().all(|number| (1..=all).contains(number)), "{all} exchanges");
        for (number, exchange) in (1..).zip(&mut job.exchanges) {
            if let Some(expected) = self.differs.get(&number) {
                exchange.expect = expected.clone();
            }
            exchange
                .expect
                .headers
                .retain(|name, test| *test == HeaderTest::Present(false) || !self.without.contains(name));
        }
        Ok(job)
    }
}

/// Reads all products, in the page's order.
///
/// # Errors
/// A file cannot be read, or is not a product.
pub fn products() -> Result<Vec<Product>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(parts::root().join("crates/book/coming-from"))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| -> Result<_> {
        let product: Product = serde_saphyr::from_str(&fs::read_to_string(path)?)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.split_once('-').context("the name begins with no number")?.1;
        Ok(Product { name: name.into(), ..product })
    };
    paths.iter().map(|path| read(path).with_context(|| path.display().to_string())).collect()
}

/// Returns the page about all products, in Markdown.
///
/// # Errors
/// A product names a job that does not exist.
pub fn coming_from(products: &[Product], jobs: &[Job]) -> Result<String> {
    let rows: String = products.iter().map(row).collect();
    let mut page = format!("{INTRODUCTION}\n| product | jobs compared | |\n|---|---|---|\n{rows}");
    for product in products {
        page += &shown(product, jobs).with_context(|| product.name.clone())?;
    }
    Ok(page)
}

/// Returns the product's row of the page's table.
fn row(product: &Product) -> String {
    let ran = match product.pairs.first().and_then(|pair| pair.run) {
        None => "not run",
        Some(Run::Schema) => "checked against its schema, not run",
        Some(_) => "run by the test",
    };
    format!("| [{}](#{}) | {} | {ran} |\n", product.title, anchor(&product.title), product.pairs.len())
}

fn shown(product: &Product, jobs: &[Job]) -> Result<String> {
    let Product { title, about, differences, terms, pairs, .. } = product;
    let terms: String = terms.iter().map(|(theirs, ours)| format!("| {theirs} | {ours} |\n")).collect();
    let differences: String = differences.iter().map(|text| format!("- {}\n", text.trim())).collect();
    let mut section = format!(
        "\n## {title}\n\n{}\n\n{differences}\n| {title} | here |\n|---|---|\n{terms}",
        about.trim_end()
    );
    for pair in pairs {
        section += &compared(product, pair, &pair.job(jobs)?);
    }
    Ok(section)
}

fn compared(product: &Product, pair: &Pair, job: &Job) -> String {
    let note: String = pair.note.iter().map(|note| format!("\n{}\n", note.trim_end())).collect();
    let content = format!(
        "{}\nHere, [in the cookbook]({}), `{}`:\n\n{}{note}",
        block_of(&product.language, &pair.theirs),
        heading_link(job),
        job.filter,
        block_of("yaml", &job.configuration_text()),
    );
    details(&job.title, &content)
}
