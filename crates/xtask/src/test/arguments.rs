//! The arguments of `cargo test`, of which some are for the test binaries.

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

/// Options that choose targets. With any of them, `cargo test` leaves documentation tests out.
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

/// What `cargo test` was called with.
pub(super) struct Arguments<'a> {
    /// Cargo's own, with those that choose packages.
    pub(super) of_cargo: Vec<&'a str>,
    /// Those of the test binaries: the filter by name, and what follows `--`.
    pub(super) of_binaries: Vec<&'a str>,
}

impl<'a> Arguments<'a> {
    /// Without a package among them, the whole workspace is chosen.
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

    /// Whether the test binaries are only to be built.
    pub(super) fn only_build(&self) -> bool {
        self.of_cargo.contains(&"--no-run")
    }

    /// Whether only documentation tests are to run.
    pub(super) fn only_documentation(&self) -> bool {
        self.of_cargo.contains(&"--doc")
    }

    /// Whether documentation tests are to run.
    pub(super) fn with_documentation(&self) -> bool {
        let chooses = |argument: &&str| TARGETS.contains(&argument.split('=').next().unwrap_or(argument));
        !self.only_build() && !self.of_cargo.iter().any(chooses)
    }
}

fn names_packages(of_cargo: &[&str]) -> bool {
    // The short flag may have its value behind it, with or without an equals sign.
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
    fn arguments_that_name_packages() {
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
    fn a_name_is_for_the_binaries() {
        let arguments = Arguments::new(&["--test", "engine", "a_name", "-p", "a", "--", "--exact", "-p"]);
        assert_eq!(arguments.of_cargo, ["--test", "engine", "-p", "a"]);
        assert_eq!(arguments.of_binaries, ["a_name", "--exact", "-p"]);
    }

    #[test]
    fn documentation_is_left_out_where_targets_are_chosen() {
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
