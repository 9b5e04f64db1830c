//! Logs the rows of the table: a call in a phase, and the host's answer.

use crate::answer::Answer;
use crate::hostcalls;

/// The log level "info".
const INFO: u32 = 2;

/// Logs a row.
pub(crate) fn row(phase: &str, call: &str, answer: &Answer) {
    hostcalls::log(INFO, &format!("row {phase} | {call} | {answer}"));
}
