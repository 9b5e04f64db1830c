//! The modules of filters, each built when it is first needed.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proxy_filter_test::Proxy;
use proxy_filter_trial::{Refusal, refusal};

use crate::build::{self, Report};
use crate::filter::is_http;
use crate::project::Project;

/// The modules of a project.
pub(super) struct Modules<'a> {
    project: &'a Project,
    /// Whether a built module is an HTTP filter.
    built: BTreeMap<&'a str, bool>,
}

impl<'a> Modules<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self { project, built: BTreeMap::new() }
    }

    /// Returns whether a filter is an HTTP filter rather than a network filter.
    ///
    /// # Errors
    /// The filter does not build.
    pub(super) fn is_http(&mut self, filter: &'a str) -> Result<bool> {
        if let Some(is_http) = self.built.get(filter) {
            return Ok(*is_http);
        }
        build::run(self.project, &[filter], Report::Quiet)?;
        let module = self.project.module(filter);
        let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        let is_http = is_http(&bytes);
        self.built.insert(filter, is_http);
        Ok(is_http)
    }

    /// Loads a configuration, and returns why the filter refuses it, if it does.
    ///
    /// # Errors
    /// The filter does not build, or its module does not run.
    pub(super) fn refusal(&mut self, filter: &'a str, configuration: &[u8]) -> Result<Option<Refusal>> {
        self.is_http(filter)?;
        let proxy = Proxy::wasm_file(&self.project.module(filter))?;
        Ok(refusal(proxy.as_model().context("wasmtime runs in the model")?, configuration))
    }
}
