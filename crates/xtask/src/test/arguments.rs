//! Splits the arguments of `cargo test` into cargo's and those of the test binaries.

/// Options of `cargo test` whose value is an argument of its own.
const WITH_VALUE: [&str; 18] = [
    "--package",
    "-p",
    "--exclude",
    "--bin",
    "--test",
    "--example",
    "--bench",
    "--features",
    "-F",
    "--jobs",
    "-j",
    "--profile",
    "--target",
    "--target-dir",
    "--manifest-path",
    "--color",
    "--config",
    "-Z",
];

/// Options that select targets. With any of them, `cargo test` skips documentation tests.
const TARGETS: [&str; 10] = [
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--example",
    "--examples",
    "--bench",
    "--benches",
    "--all-targets",
];

/// The arguments of `cargo test`.
pub(super) struct Arguments<'a> {
    /// Cargo's own, including those that select packages.
    pub(super) of_cargo: Vec<&'a str>,
    /// Those of the test binaries: the filter by name, and what follows `--`.
    pub(super) of_binaries: Vec<&'a str>,
}

impl<'a> Arguments<'a> {
    /// Splits the arguments. If they select no package, adds the whole workspace.
    pub(super) fn new(arguments: &[&'a str]) -> Self {
        let (before, after) = match arguments.iter().position(|argument| *argument == "--") {
            Some(at) => (arguments.get(..at), arguments.get(at + 1..)),
            None => (Some(arguments), None),
        };
        let mut of_cargo = Vec::new();
        let mut of_binaries = Vec::new();
        let mut is_value = false;
        for argument in before.unwrap_or_default() {
            let is_option = is_value || argument.starts_with('-');
            is_value = !is_value && WITH_VALUE.contains(argument);
            if is_option { &mut of_cargo } else { &mut of_binaries }.push(*argument);
        }
        if !names_packages(&of_cargo) {
            of_cargo.push("--workspace");
        }
        of_binaries.extend(after.unwrap_or_default());
        Self { of_cargo, of_binaries }
    }

    /// Returns whether to build the test binaries without running them.
    pub(super) fn only_build(&self) -> bool {
        self.of_cargo.contains(&"--no-run")
    }

    /// Returns whether to run only documentation tests.
    pub(super) fn only_documentation(&self) -> bool {
        self.of_cargo.contains(&"--doc")
    }

    /// Returns whether to run documentation tests.
    pub(super) fn with_documentation(&self) -> bool {
        let chooses = |argument: &&str| TARGETS.contains(&argument.split('=').next().unwrap_or(argument));
        !self.only_build() && !self.of_cargo.iter().any(chooses)
    }
}

fn names_packages(of_cargo: &[&str]) -> bool {
    // The value may follow the short flag directly, or after an equals sign.
    let chooses = |argument: &&str| {
        ["--workspace", "--package"].contains(argument)
            || argument.starts_with("--package=")
            || argument.starts_with("-p")
    };
    of_cargo.iter().any(chooses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_can_select_packages() {
        let table: [(&[&str], bool); 10] = [
            (&["--workspace"], true),
            (&["--package", "a"], true),
            (&["--package=a"], true),
            (&["-p", "a"], true),
            (&["-pa"], true),
            (&["-p=a"], true),
            (&["a_test", "-p", "a", "--", "--exact"], true),
            (&[], false),
            (&["a_test", "--packages", "--lib"], false),
            (&["--", "-p", "--package=a", "--workspace"], false),
        ];
        for (arguments, expected) in table {
            let of_cargo = Arguments::new(arguments).of_cargo;
            let with_workspace = of_cargo.last() == Some(&"--workspace") && *arguments != ["--workspace"];
            assert_eq!(!with_workspace, expected, "{arguments:?}");
        }
    }

    #[test]
    fn names_of_tests_go_to_the_binaries() {
        let arguments = Arguments::new(&["--test", "engine", "a_name", "-p", "a", "--", "--exact", "-p"]);
        assert_eq!(arguments.of_cargo, ["--test", "engine", "-p", "a"]);
        assert_eq!(arguments.of_binaries, ["a_name", "--exact", "-p"]);
    }

    #[test]
    fn documentation_tests_are_skipped_if_targets_are_selected() {
        for (arguments, expected) in [
            (&["-p", "a"] as &[&str], true),
            (&["name"], true),
            (&["--doc"], true),
            (&["--lib"], false),
            (&["--test=a"], false),
        ] {
            assert_eq!(Arguments::new(arguments).with_documentation(), expected, "{arguments:?}");
        }
    }
}
