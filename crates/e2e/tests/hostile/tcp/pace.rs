//! Keeps clients from running ahead of Envoy. A client that leaves does not wait for it. On a busy machine, hundreds of connections
//! would be open at once, and reach a limit or fill the upstream's queue.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use harness::Envoy;

use super::THREADS;
use super::listener::Listener;
use crate::idle;

/// How many connections to open between two waits.
const EVERY: usize = 60;

/// The connections to a listener.
#[derive(Default)]
pub(super) struct Pace(Mutex<usize>);

impl Pace {
    /// Counts a connection to open. Every [`EVERY`] connections, waits until Envoy has ended all but the last [`THREADS`], and so do
    /// the other clients.
    pub(super) fn wait(&self, envoy: &Envoy, listener: Listener) -> Result<()> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *opened = opened.saturating_add(1);
        if opened.is_multiple_of(EVERY) {
            let ended = opened.saturating_sub(THREADS).try_into()?;
            idle::wait_for_at_least(
                envoy,
                &format!("listener.{}.downstream_cx_destroy", listener.name()),
                ended,
            )?;
        }
        Ok(())
    }
}
