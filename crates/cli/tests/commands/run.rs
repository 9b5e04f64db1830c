//! Runs the tool, and makes directories outside this repository.

use std::path::Path;
use std::process::Command;

use cargo_proxy_filter::temporary::TemporaryDirectory;
use harness::locate::CACHE;
use harness::target::MODULES;

/// What the tool wrote, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Ran {
    /// Expects success, and returns what was written to standard output.
    #[track_caller]
    pub(crate) fn output(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.output, self.errors);
        self.output
    }

    /// Expects an exit code, and a text on standard error.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, expected: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.output, self.errors);
        assert!(self.errors.contains(expected), "not `{expected}`: {}", self.errors);
    }
}

/// Builds a command that runs the tool in a directory, without this repository's variables.
pub(crate) fn tool(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-proxy-filter"));
    command.arg("proxy-filter").args(arguments).current_dir(directory);
    for name in ["NO_COLOR", "CARGO_TARGET_DIR", MODULES, CACHE] {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let [out, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    Ran { code: output.status.code(), output: out, errors }
}

/// Runs the tool in this repository.
pub(crate) fn here(arguments: &[&str]) -> Ran {
    ran(&mut tool(&harness::parts::root(), arguments))
}

/// Runs the tool in another directory.
pub(crate) fn there(directory: &Path, arguments: &[&str]) -> Ran {
    ran(&mut tool(directory, arguments))
}

/// Makes an empty directory that is in no project.
pub(crate) fn empty_directory(test: &str) -> TemporaryDirectory {
    let name = format!("cargo-proxy-filter-{test}-{}", std::process::id());
    TemporaryDirectory::new(std::env::temp_dir().join(name)).unwrap()
}
