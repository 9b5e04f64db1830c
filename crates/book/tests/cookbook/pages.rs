//! The pages of the cookbook, compared with its jobs.

use std::fs;

use anyhow::{Result, ensure};
use book::cookbook::{ENVOY, Topic, index, jobs, page};
use book::{coming_from, directory, products};
use harness::{Envoy, locate};
use proxy_filter_test::expect_file;

/// Checks that each page shows the jobs as they are; `just cookbook` writes them.
pub(crate) fn current() -> Result<()> {
    let jobs = jobs()?;
    ensure!(jobs.len() >= 30, "only {} jobs", jobs.len());
    fs::create_dir_all(directory().join("cookbook"))?;
    expect_file(&directory().join("cookbook.md"), &index(&jobs));
    expect_file(&directory().join("coming-from.md"), &coming_from(&products()?, &jobs)?);
    for topic in Topic::ALL {
        expect_file(&directory().join(topic.file()), &page(topic, &jobs));
    }
    let written = fs::read_dir(directory().join("cookbook"))?.count();
    ensure!(written == Topic::ALL.len(), "docs/src/cookbook has {written} pages");
    Ok(())
}

/// Checks that Envoy accepts the configuration into which the entries go, as it is shown.
pub(crate) fn shown_envoy() -> Result<()> {
    let validated = Envoy::validate_text(&locate::envoy(), "envoy.yaml", ENVOY)?;
    ensure!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
    Ok(())
}
