//! Ends a test early, because it failed or its proxy cannot run the rest of it.

use std::any::Any;
use std::panic::resume_unwind;

/// The payload of a panic that ends a test without failing it.
struct Skip(&'static str);

/// Ends the test in this proxy, without failing it.
pub(crate) fn skip(reason: &'static str) -> ! {
    resume_unwind(Box::new(Skip(reason)))
}

/// Returns the reason, if a test's panic came from [`skip`].
pub(crate) fn skip_reason(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<Skip>().map(|Skip(reason)| *reason)
}

/// Unwraps a result. An error fails the test and is shown with its causes.
#[track_caller]
pub(crate) fn or_fail<T>(result: anyhow::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error:#}"))
}
