//! The modules of filters, each built when it is first needed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::{Context, Result};
use proxy_filter_module::Capabilities;
use proxy_filter_test::Proxy;
use proxy_filter_trial::{Refusal, refusal};

use crate::build::{self, Report};
use crate::filter::is_http;
use crate::project::Project;

/// What is known of a built module.
struct Built {
    is_http: bool,
    needs: Capabilities,
}

impl Built {
    fn of(project: &Project, filter: &str) -> Result<Self> {
        build::run(project, &[filter], Report::Quiet)?;
        let module = project.module(filter);
        let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        Ok(Self { is_http: is_http(&bytes), needs: Capabilities::of(&bytes)? })
    }
}

/// The modules of a project.
pub(super) struct Modules<'a> {
    project: &'a Project,
    built: BTreeMap<&'a str, Built>,
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
        Ok(self.built(filter)?.is_http)
    }

    /// Returns what a filter's module needs of its host.
    ///
    /// # Errors
    /// The filter does not build.
    pub(super) fn needs(&mut self, filter: &'a str) -> Result<&Capabilities> {
        Ok(&self.built(filter)?.needs)
    }

    fn built(&mut self, filter: &'a str) -> Result<&Built> {
        match self.built.entry(filter) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(Built::of(self.project, filter)?)),
        }
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
