//! Weak references to a stream, for those who resume it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::state::State;
use crate::callout::polled::Wake;
use crate::entry::HttpEntry;
use crate::vm::Waiting;

/// Returns a reference for the table of those who wait.
pub(super) fn waiting<F: HttpEntry>(stream: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(stream);
    weak
}

/// Returns a reference for the calls that the stream's future awaits.
pub(super) fn wake<F: HttpEntry>(stream: &Rc<RefCell<State<F>>>) -> Weak<dyn Wake> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(stream);
    weak
}
