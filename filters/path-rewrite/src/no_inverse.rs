//! In place of `inverse.rs`, in the module that does not map responses back: costs neither space nor time.

use proxy_filter::config::ConfigError;
use proxy_filter::inputs::Snapshot;

use crate::host::HostRewrite;
use crate::matcher::Matcher;

/// Hosts of backends, which no rule has here.
#[derive(Debug)]
pub(crate) enum Hosts {}

/// The inverse of a rule, which no rule has here.
#[derive(Debug)]
pub(crate) enum Inverse {}

impl Inverse {
    pub(crate) fn of(_: &Matcher, _: Option<&HostRewrite>, hosts: Hosts) -> Result<Self, ConfigError> {
        match hosts {}
    }
}

/// The rules to undo, of which there are none.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Applied(());

impl Applied {
    pub(crate) fn push(&mut self, _: usize) {}
}

/// What the response needs of its request: nothing.
#[derive(Debug, Default)]
pub struct Undoable(());

impl Undoable {
    pub(crate) fn new(_: Applied, _: &Snapshot) -> Self {
        Self(())
    }
}
