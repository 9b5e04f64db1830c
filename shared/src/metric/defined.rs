//! The metrics that a VM has defined.

use std::cell::Cell;

use crate::sys::{self, HostError, MetricType};
use crate::vm::{self, Metric};

/// Defines a metric, or finds it. Returns its index in the VM.
pub(super) fn define(kind: MetricType, name: &str) -> Result<usize, HostError> {
    let is_this = |metric: &Metric| metric.kind == kind && metric.name == name;
    if let Some(index) = vm::current(|vm| vm.metrics.borrow().iter().position(is_this)) {
        return Ok(index);
    }
    let id = sys::define_metric(kind, name.as_bytes())?;
    Ok(vm::current(|vm| {
        let mut metrics = vm.metrics.borrow_mut();
        metrics.push(Metric { kind, name: name.to_owned(), id, unreported: Cell::new(0) });
        metrics.len().saturating_sub(1)
    }))
}

/// Defines a metric, or finds it. Returns the host's id.
pub(super) fn id(kind: MetricType, name: &str) -> Result<u32, HostError> {
    of_vm(define(kind, name)?, |metric| metric.id).ok_or(HostError::NotFound)
}

/// Calls `look` with a metric of this VM.
pub(super) fn of_vm<R>(index: usize, look: impl FnOnce(&Metric) -> R) -> Option<R> {
    vm::current(|vm| vm.metrics.borrow().get(index).map(look))
}

/// Reports the counts of all counters to the host. Ignores the host's errors: no request should fail because of a
/// statistic.
pub(crate) fn report() {
    vm::current(|vm| {
        for metric in vm.metrics.borrow().iter() {
            let count = metric.unreported.take();
            if count > 0 {
                _ = sys::increment_metric(metric.id, count.try_into().unwrap_or(i64::MAX));
            }
        }
    });
}
