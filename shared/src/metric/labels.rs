//! Labels of metrics, which are parts of their names.

use crate::vm;

/// The longest value, in characters. The rest is cut off.
const LONGEST: usize = 64;

/// The most metrics with labels that a VM defines for one name.
const MOST: usize = 1000;

/// Stands for values that came after the first [`MOST`].
const OTHERS: &str = "other";

/// Returns the name of a metric with labels, of which a VM has only so many.
pub(super) fn bounded(name: &str, labels: &[(&str, &str)]) -> String {
    let wanted = labeled(name, labels, None);
    let is_sibling = |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let (mut is_defined, mut siblings) = (false, 0_usize);
    vm::current(|vm| {
        for metric in vm.metrics.borrow().iter() {
            is_defined |= metric.name == wanted;
            siblings = siblings.saturating_add(usize::from(is_sibling(&metric.name)));
        }
    });
    if is_defined || siblings < MOST { wanted } else { labeled(name, labels, Some(OTHERS)) }
}

/// Returns the name of a metric with labels: `limited` with `rule` = `login` is `limited.rule.login`. With `instead`, every
/// label has this value.
fn labeled(name: &str, labels: &[(&str, &str)], instead: Option<&str>) -> String {
    let mut labeled = name.to_owned();
    for (label, value) in labels {
        for part in [".", label, "."] {
            labeled.push_str(part);
        }
        match instead.unwrap_or(value) {
            // Envoy drops empty parts of a name.
            "" => labeled.push('_'),
            value => value.chars().take(LONGEST).for_each(|character| labeled.push(cleaned(character))),
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
        assert_eq!(labeled("a.b", &[], None), "a.b");
        assert_eq!(
            labeled("a", &[("rule", "login-1"), ("host", "b.example:80")], None),
            "a.rule.login-1.host.b_example_80"
        );
        assert_eq!(labeled("a", &[("rule", ""), ("user", "zoë\n")], None), "a.rule._.user.zo__");
        assert_eq!(labeled("", &[("a", &"x".repeat(100))], None).len(), ".a.".len() + LONGEST);
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
