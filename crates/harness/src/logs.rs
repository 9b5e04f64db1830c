//! The logs of what ran in a test that fails without a panic.

use std::cell::RefCell;

thread_local! {
    static ENDED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs something, and returns with its outcome what the logs of the programs end with that it started
/// and that ended along with it: the error of a check does not know them. Empty if there were none.
pub fn of_ended<T>(run: impl FnOnce() -> T) -> (T, String) {
    ENDED.take();
    let outcome = run();
    (outcome, ENDED.take().join("\n"))
}

/// Keeps what a log ends with.
pub(crate) fn ended(last_lines: String) {
    ENDED.with_borrow_mut(|all| all.push(last_lines));
}
