//! The explorer, tried on protocols that everyone knows.

use proxy_filter::shared_data::{self, Change};

use super::vms::{Scenario, Vm, World, summary};
use super::{State, expect_right, explore};

/// Machines that add 1 to a value, as often as the number of their program.
struct Adders {
    compares: bool,
}

impl Scenario for Adders {
    type Event = ();

    fn run(&self, program: usize, vm: &Vm<()>) -> Option<()> {
        let add = |value: Option<Vec<u8>>| {
            let value = value.and_then(|value| value.first().copied()).unwrap_or_default();
            Change::Write(vec![value + 1], ())
        };
        for addition in vm.first()..program {
            vm.begin(addition);
            shared_data::update(b"sum", add).ok()?;
            vm.report(());
        }
        Some(())
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let sum = world.shared().next().map_or(0, |(_, value)| usize::from(value[0]));
        (world.is_quiet() && sum != world.events().len()).then_some("an addition is lost")
    }

    fn compares(&self) -> bool {
        self.compares
    }
}

#[test]
fn a_lost_update_is_found_and_told_in_the_fewest_steps() {
    for (compares, expected) in [(true, None), (false, Some(6))] {
        let scenario = Adders { compares };
        let start = World::new(&scenario, 0).with_shared(b"sum", vec![0]);
        let start = ["one", "two", "three"].iter().fold(start, |start, name| start.starting(name, 1));
        let found = explore(format_args!("adders, compares: {compares}"), &start);
        let counterexample = found.wrong.map(|counterexample| format!("{counterexample:?}"));
        assert_eq!(
            counterexample.as_ref().map(|counterexample| counterexample.lines().count() - 1),
            expected,
            "{counterexample:?}"
        );
        if let Some(counterexample) = counterexample {
            let reads = counterexample.lines().filter(|line| line.contains("reads `sum`")).count();
            assert!(counterexample.starts_with("an addition is lost") && reads == 3, "{counterexample}");
        }
    }
}

/// A machine that adds twice, and may trap.
#[test]
fn a_machine_that_traps_goes_on_with_its_next_operation() {
    let scenario = Adders { compares: true };
    let start = World::new(&scenario, 0).with_shared(b"sum", vec![0]).with(0, 1).running("one", 2);
    let (mut open, mut sums) = (vec![start], Vec::new());
    while let Some(world) = open.pop() {
        match world.is_quiet() {
            true => sums.extend(world.shared().map(|(_, value)| value[0])),
            false => open.extend(world.next().into_iter().map(|(_, next)| next)),
        }
    }
    sums.sort_unstable();
    sums.dedup();
    assert_eq!(sums, [1, 2]);
}

/// Machines that report twice each, if they choose to. `wrong` is how often each does, the least first.
struct Reporters {
    wrong: [usize; 2],
}

impl Scenario for Reporters {
    type Event = ();

    fn run(&self, _program: usize, vm: &Vm<()>) -> Option<()> {
        for operation in vm.first()..2 {
            vm.begin(operation);
            vm.checkpoint(summary(operation));
            if vm.choose(2) == 1 {
                vm.report(());
            }
        }
        Some(())
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let mut reports: Vec<_> = world.events_by_machine().map(<[_]>::len).collect();
        reports.sort_unstable();
        (world.is_quiet() && reports == self.wrong).then_some("what was looked for")
    }
}

#[test]
fn which_machine_reported_makes_a_difference() {
    for wrong in [[0, 2], [1, 1]] {
        let scenario = Reporters { wrong };
        let start = World::new(&scenario, 0).running("one", 0).running("two", 0);
        assert!(explore(format_args!("reporters: {wrong:?}"), &start).wrong.is_some());
    }
}

/// A machine that makes no call.
struct Idle {
    result: Option<()>,
}

impl Scenario for Idle {
    type Event = ();

    fn run(&self, _program: usize, _vm: &Vm<()>) -> Option<()> {
        self.result
    }

    fn wrong(&self, _world: &World<'_, Self>) -> Option<&'static str> {
        None
    }
}

#[test]
#[should_panic(expected = "the program gave up")]
fn a_program_that_gives_up_fails() {
    let scenario = Idle { result: None };
    expect_right("a program that gives up", &World::new(&scenario, 0).starting("one", 0));
}

#[test]
#[should_panic(expected = "do nothing that could be wrong")]
fn an_exploration_that_shows_nothing_fails() {
    let scenario = Idle { result: Some(()) };
    expect_right("a program that does nothing", &World::new(&scenario, 0).starting("one", 0));
}
