//! Runs a filter again when its configuration changes.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use harness::parts;

use crate::run::{empty_directory, here, tool};

/// The longest time without a line: the filter may have to be built.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines that a program writes.
struct Lines(Receiver<String>);

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(pipe).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self(lines)
    }

    /// Waits for a line with this text.
    #[track_caller]
    fn expect(&self, text: &str) {
        let mut seen = Vec::new();
        let is_last = |line: &String| line.contains(text);
        while !seen.last().is_some_and(is_last) {
            let line = self.0.recv_timeout(PATIENCE);
            assert!(line.is_ok(), "no line with `{text}`: {seen:?}");
            seen.extend(line);
        }
    }
}

/// The tool, which ends with the test.
struct Watcher(Child);

impl Drop for Watcher {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn a_watched_file_is_tried_again_when_it_changes() {
    let directory = empty_directory("watched");
    let file = directory.path().join("edge.yaml");
    let write = |value: &str| fs::write(&file, format!("response: [{{name: a, value: {value}}}]\n")).unwrap();
    write("first");
    let arguments = ["try", "add-header", file.to_str().unwrap(), "/", "--watch"];
    let mut command = tool(&parts::root(), &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = Lines::of(child.stdout.take().unwrap());
    let errors = Lines::of(child.stderr.take().unwrap());
    let _watcher = Watcher(child);
    output.expect("  + a: first");
    errors.expect("edge.yaml: save it to run again, Ctrl-C to end");
    fs::write(&file, "response: [").unwrap();
    errors.expect(": not YAML: ");
    errors.expect("save it to run again");
    write("second");
    output.expect("  + a: second");
    here(&["try", "add-header", "{}", "/", "--watch"]).fails(1, "`--watch` waits for changes of a file");
}
