//! Cleans up when this program is told to end.

use std::sync::Once;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The exit code that shells give a program ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Runs `clean_up` on SIGINT, SIGTERM or SIGHUP, then exits. Only the first call has an effect.
///
/// # Errors
/// The handlers cannot be installed.
pub(crate) fn on_termination(clean_up: fn()) -> Result<()> {
    static ONCE: Once = Once::new();
    let mut installed = Ok(());
    ONCE.call_once(|| {
        installed = Signals::new([SIGHUP, SIGINT, SIGTERM]).map(|mut signals| {
            std::thread::spawn(move || {
                if signals.forever().next().is_some() {
                    clean_up();
                    std::process::exit(INTERRUPTED);
                }
            });
        });
    });
    installed.context("cannot handle signals")
}
