//! Labels of metrics, which are parts of their names.

use std::fmt::Write as _;

use crate::vm;

/// The longest value, in characters. The rest is cut off.
const LONGEST: usize = 64;

/// The most metrics with labels that a VM defines for one name.
const MOST: usize = 1000;

/// Stands for values that came after the first [`MOST`].
const OTHERS: &str = "other";

/// Returns the name of a metric with labels, of which a VM has only so many.
pub(super) fn bounded(name: &str, labels: &[(&str, &str)]) -> String {
    let wanted = labeled(name, labels);
    let prefix = format!("{name}.");
    let is_free = vm::current(|vm| {
        let metrics = vm.metrics.borrow();
        let siblings = metrics.iter().filter(|metric| metric.name.starts_with(&prefix));
        metrics.iter().any(|metric| metric.name == wanted) || siblings.count() < MOST
    });
    let others = || labels.iter().map(|(label, _)| (*label, OTHERS)).collect::<Vec<_>>();
    if is_free { wanted } else { labeled(name, &others()) }
}

/// Returns the name of a metric with labels: `limited` with `rule` = `login` is `limited.rule.login`.
fn labeled(name: &str, labels: &[(&str, &str)]) -> String {
    let mut labeled = name.to_owned();
    for (label, value) in labels {
        _ = write!(labeled, ".{label}.");
        match value {
            // Envoy drops empty parts of a name.
            &"" => labeled.push('_'),
            value => labeled.extend(value.chars().take(LONGEST).map(cleaned)),
        }
    }
    labeled
}

/// Replaces characters that end a part of a name, or that some system of metrics does not take.
fn cleaned(character: char) -> char {
    if character.is_ascii_alphanumeric() || matches!(character, '-' | '_') { character } else { '_' }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::sys::MetricType;
    use crate::vm::{Metric, Vm};

    #[test]
    fn values_are_one_part_of_the_name() {
        assert_eq!(labeled("a.b", &[]), "a.b");
        assert_eq!(
            labeled("a", &[("rule", "login-1"), ("host", "b.example:80")]),
            "a.rule.login-1.host.b_example_80"
        );
        assert_eq!(labeled("a", &[("rule", ""), ("user", "zoë\n")]), "a.rule._.user.zo__");
        assert_eq!(labeled("", &[("a", &"x".repeat(100))]).len(), ".a.".len() + LONGEST);
    }

    #[test]
    fn the_number_of_metrics_is_bounded() {
        let define = |index: usize| {
            let name = bounded("a", &[("value", &index.to_string())]);
            let is_new = vm::current(|vm| vm.metrics.borrow().iter().all(|metric| metric.name != name));
            if is_new {
                let metric =
                    Metric { kind: MetricType::Counter, name: name.clone(), id: 0, unreported: Cell::new(0) };
                vm::current(|vm| vm.metrics.borrow_mut().push(metric));
            }
            name
        };
        Vm::default().enter(|| {
            let names: Vec<_> = (0..=MOST).map(define).collect();
            assert_eq!(names[MOST - 1], format!("a.value.{}", MOST - 1));
            assert_eq!(names[MOST], "a.value.other");
            assert_eq!(bounded("a", &[("value", "5")]), "a.value.5");
            assert_eq!(bounded("b", &[("value", "x")]), "b.value.x");
        });
    }
}
