//! The explorer, tried on protocols that everyone knows.

use proxy_filter::shared_data::{self, Change};

use super::vms::{Scenario, Vm, World};
use super::{State, explore};

/// Machines that add 1 to a value, as often as the number of their program.
struct Adders {
    compares: bool,
}

impl Scenario for Adders {
    type Event = ();

    fn run(&self, program: usize, vm: &Vm<()>) {
        let add = |value: Option<Vec<u8>>| {
            let value = value.and_then(|value| value.first().copied()).unwrap_or_default();
            Change::Write(vec![value + 1], ())
        };
        for addition in vm.first()..program {
            vm.begin(addition);
            if shared_data::update(b"sum", add).is_ok() {
                vm.report(());
            }
        }
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
        let story = found.wrong.map(|story| format!("{story:?}"));
        assert_eq!(story.as_ref().map(|story| story.lines().count() - 1), expected, "{story:?}");
        if let Some(story) = story {
            let reads = story.lines().filter(|line| line.contains("reads `sum`")).count();
            assert!(story.starts_with("an addition is lost") && reads == 3, "{story}");
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
