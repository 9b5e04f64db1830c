//! The table of those who wait for a call's response.
//!
//! Hosts deliver responses to the plugin, with the call's token. The layer keeps its own table of tokens:
//! proxy-wasm 0.2.5 panics on an unknown token and never frees those of canceled calls.

use std::rc::{Rc, Weak};

use crate::sys;
use crate::vm::{Waiting, current};

/// Adds a token.
pub(crate) fn wait(token: u32, waiting: Weak<dyn Waiting>) {
    current(|vm| {
        let mut table = vm.waiting.borrow_mut();
        match find(&table, token) {
            Ok(place) => _ = table.get_mut(place).map(|known| *known = (token, waiting)),
            Err(place) => table.insert(place, (token, waiting)),
        }
    });
}

/// Cancels a call in the host. `None` if the ABI cannot.
pub(crate) type Cancel = Option<fn(u32)>;

/// Cancels a gRPC call.
pub(crate) const GRPC: Cancel = Some(|token| _ = sys::grpc_cancel(token));

/// Stops waiting for a response. The ABI can cancel a gRPC call; an HTTP call's response is ignored.
pub(crate) fn cancel(token: u32, in_host: Cancel) {
    _ = remove(token);
    if let Some(cancel) = in_host {
        cancel(token);
    }
}

/// Removes a token and returns who waits for it. Do this before you resume them, because they may then wait again.
pub(crate) fn take(token: u32) -> Option<Rc<dyn Waiting>> {
    remove(token)?.upgrade()
}

/// Returns the number of tokens, for tests.
pub(crate) fn len() -> usize {
    current(|vm| vm.waiting.borrow().len())
}

/// Finds the place of a token, or the place for it. Hosts count tokens up, so a new one comes last.
fn find(table: &[(u32, Weak<dyn Waiting>)], token: u32) -> Result<usize, usize> {
    table.binary_search_by_key(&token, |(token, _)| *token)
}

fn remove(token: u32) -> Option<Weak<dyn Waiting>> {
    current(|vm| {
        let mut table = vm.waiting.borrow_mut();
        find(&table, token).ok().map(|place| table.remove(place).1)
    })
}
