//! A condition whose evaluation is left out of specialized modules that do not need it.

use super::condition::Condition;
use super::path::{NoPattern, PathPattern};
use crate::inputs::{HasInputs, Input, Inputs};

/// A [`Condition`] that calls its evaluation through a pointer.
///
/// The pointer is part of the filter's [plan](crate::specialize::Specialize::Plan). So a module that is made for a
/// configuration without conditions lacks the code that evaluates them.
#[derive(Clone, Debug)]
pub struct When<P = NoPattern>(Box<Inner<P>>);

/// Boxed, so that the memory of a `None` has no room for a stale pointer, which would keep the code in the module.
#[derive(Clone, Debug)]
struct Inner<P> {
    condition: Condition<P>,
    holds: fn(&Condition<P>, &Inputs<'_>) -> Option<bool>,
}

impl<P: PathPattern> When<P> {
    /// Returns whether the condition holds: see [`Condition::holds`].
    pub fn holds(&self, inputs: &Inputs<'_>) -> Option<bool> {
        (self.0.holds)(&self.0.condition, inputs)
    }
}

impl<P: PathPattern> From<Condition<P>> for When<P> {
    fn from(condition: Condition<P>) -> Self {
        Self(Box::new(Inner { condition, holds: Condition::holds }))
    }
}

impl<P> HasInputs for When<P> {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        self.0.condition.visit_inputs(visit);
    }
}
