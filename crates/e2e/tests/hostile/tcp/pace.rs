//! How far clients may be ahead of Envoy. Those that leave do not wait for it: on a machine with much else to do, hundreds would be
//! open at once, and reach a limit or fill the upstream's queue.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use harness::Envoy;

use super::THREADS;
use super::listener::Listener;
use crate::idle;

/// Connections that Envoy may have yet to end.
const AHEAD: usize = 60;

/// The connections to a listener.
#[derive(Default)]
pub(super) struct Pace(Mutex<usize>);

impl Pace {
    /// Counts a connection that is to be opened. At times, waits until Envoy has ended nearly all others.
    pub(super) fn wait(&self, envoy: &Envoy, listener: Listener) -> Result<()> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *opened = opened.saturating_add(1);
        if opened.is_multiple_of(AHEAD) {
            let ended = opened.saturating_sub(THREADS).try_into()?;
            idle::wait_for(envoy, &format!("listener.{}.downstream_cx_destroy", listener.name()), ended)?;
        }
        Ok(())
    }
}
