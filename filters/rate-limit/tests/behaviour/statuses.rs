//! The statuses of repeated requests.

use proxy_filter_test::{Plugin, Request};

/// Sends a request several times, and returns the statuses of the responses.
pub(crate) fn statuses(plugin: &Plugin, times: usize, request: &Request) -> Vec<u16> {
    (0..times).map(|_| plugin.send(request.clone()).status()).collect()
}

/// Sends a request several times, and returns how many were allowed.
pub(crate) fn allowed(plugin: &Plugin, times: usize, request: &Request) -> usize {
    statuses(plugin, times, request).iter().filter(|status| **status == 200).count()
}
