//! Several calls at once.

use std::future::poll_fn;
use std::task::Poll;

use super::call::Call;
use super::pending::PendingCall;
use super::response::{CallError, CallResponse};
use crate::sys::HostError;

/// Makes several calls at once, and waits for all responses, which it returns in the order of the calls.
///
/// ```
/// use proxy_filter::callout::{Call, join};
///
/// # async fn ask() {
/// let user = Call::http("auth", "auth.example", "GET", "/user");
/// let quota = Call::grpc("quota", "example.Quota", "Left", Vec::new());
/// let [user, quota] = join([user, quota]).await;
/// # _ = (user, quota);
/// # }
/// ```
pub async fn join<const N: usize>(calls: [Call; N]) -> [CallResponse; N] {
    let mut pending = calls.map(Call::into_future);
    all_arrived(&mut pending).await;
    pending.map(response)
}

/// Like [`join`], for any number of calls.
pub async fn join_all(calls: Vec<Call>) -> Vec<CallResponse> {
    let mut pending: Vec<_> = calls.into_iter().map(Call::into_future).collect();
    all_arrived(&mut pending).await;
    pending.into_iter().map(response).collect()
}

/// Makes several calls at once, waits for the first response, which may be a failure, and cancels the other calls. Returns
/// the response with the index of its call. If several have arrived, takes that of the first call. An empty array does not
/// compile.
///
/// ```
/// use proxy_filter::callout::{Call, race};
///
/// # async fn ask() {
/// let mirror = |cluster: &str| Call::http(cluster, "mirror.example", "GET", "/");
/// let (index, response) = race([mirror("east"), mirror("west")]).await;
/// # _ = (index, response);
/// # }
/// ```
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # let mut future = Box::pin(async {
/// proxy_filter::callout::race([]).await
/// # });
/// # _ = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
/// ```
pub async fn race<const N: usize>(calls: [Call; N]) -> (usize, CallResponse) {
    const { assert!(N > 0, "a race without calls never ends") };
    let mut pending = calls.map(Call::into_future);
    poll_fn(|_| {
        // Asks each call, so that all are sent.
        let arrived = pending.iter_mut().map(PendingCall::has_response).enumerate();
        let index =
            arrived.fold(None, |found, (index, has_response)| found.or(has_response.then_some(index)));
        let response = index.and_then(|index| Some((index, pending.get_mut(index)?.take()?)));
        response.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Waits for all responses.
async fn all_arrived(pending: &mut [PendingCall]) {
    poll_fn(|_| {
        // Asks each call, so that all are sent.
        let missing = pending.iter_mut().map(PendingCall::has_response).filter(|has_response| !has_response);
        if missing.count() == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn response(mut call: PendingCall) -> CallResponse {
    // Each has its response by now.
    call.take().unwrap_or(CallResponse::Failed(CallError::NotSent(HostError::InternalFailure)))
}
