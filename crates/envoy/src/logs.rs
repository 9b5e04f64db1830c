//! Collects the logs of programs that ended during a test, to show them if the test fails without a panic.

use std::cell::RefCell;

thread_local! {
    static LAST_LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs `run` and returns its result, and the last log lines of all programs that ended on this thread meanwhile.
pub fn collect<T>(run: impl FnOnce() -> T) -> (T, String) {
    LAST_LINES.take();
    let result = run();
    (result, LAST_LINES.take().join("\n"))
}

/// Keeps a program's last log lines.
pub(crate) fn push(last_lines: String) {
    LAST_LINES.with_borrow_mut(|all| all.push(last_lines));
}
