//! Runs the demo as a user does, and each command that `--keep` prints.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::scenarios::{GROUPS, Group};
use harness::suite::{Case, Test, arguments, run};

/// The longest time until Envoy runs and the demo prints its next line.
const START: Duration = Duration::from_secs(60);

/// The longest time until bytes reach the upstream.
const ARRIVAL: Duration = Duration::from_secs(10);

const NEED_ENVOY: [Case; 2] =
    [("kept_commands_show_what_their_labels_say", kept_commands), ("colors_are_for_terminals", colors)];

const NEED_NOTHING: [Case; 1] = [("a_wrong_flag_is_named", wrong_flag)];

fn main() -> ExitCode {
    let missing = parts::missing_for_demo().or_else(|| parts::missing_of(&["curl"]));
    let with = NEED_ENVOY.iter().map(move |case| Test::of(case, missing.as_deref()));
    run(&arguments(), with.chain(NEED_NOTHING.iter().map(|case| Test::of(case, None))))
}

fn demo() -> Command {
    Command::new(env!("CARGO_BIN_EXE_demo"))
}

/// A demo that keeps Envoy running.
struct Kept {
    child: Child,
    lines: Receiver<String>,
}

impl Kept {
    fn start() -> Result<Self> {
        let mut child = demo().arg("--keep").stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { child, lines })
    }

    /// Returns the lines up to one that contains a text, each of which comes in time.
    fn until(&self, text: &str, timeout: Duration) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.contains(text)) {
            let line = self.lines.recv_timeout(timeout);
            lines.push(line.with_context(|| format!("no `{text}` after\n{}", lines.join("\n")))?);
        }
        Ok(lines)
    }

    /// Sends the signal of Ctrl-C, and waits for the demo to end.
    fn interrupt(mut self) -> Result<Option<i32>> {
        ensure!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status()?.success());
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Runs every printed command in a shell. What its label has in backquotes must appear.
fn kept_commands() -> Result<()> {
    let kept = Kept::start()?;
    let summary = kept.until("Envoy keeps running", START)?;
    ensure!(summary.iter().any(|line| line.contains("7 passed in ")), "{}", summary.join("\n"));
    let process = summary.last().and_then(|line| line.split_once("(process ")?.1.split_once(')'));
    let (process, _) = process.context("no process id")?;
    let envoy = std::path::Path::new("/proc").join(process);
    ensure!(envoy.exists(), "no process {process}");

    let printed = kept.until("printf hello; } >/dev/tcp/", START)?;
    let printed =
        [printed, kept.until("without filters", START)?, kept.until("printf hello; } >/dev/tcp/", START)?]
            .concat();
    ensure!(!printed.concat().contains('\x1b'), "colors in a pipe:\n{}", printed.join("\n"));
    let mut hints = 0;
    for (label, command) in printed.iter().zip(printed.iter().skip(1)) {
        if let Some(label) = label.strip_prefix("  # ") {
            try_by_hand(&kept, label, command)?;
            hints += 1;
        }
    }
    for Group { filter, .. } in GROUPS {
        ensure!(printed.iter().any(|line| line == filter), "no command for {filter}");
    }
    ensure!(hints >= 8, "{hints} commands");

    ensure!(kept.interrupt()? == Some(130));
    ensure!(!envoy.exists(), "process {process} still runs");
    Ok(())
}

fn try_by_hand(kept: &Kept, label: &str, command: &str) -> Result<()> {
    let output = Command::new("sh").args(["-c", command]).output()?;
    let output =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let promises: Vec<_> = label.split('`').skip(1).step_by(2).collect();
    ensure!(!promises.is_empty(), "`{label}` promises nothing");
    for promise in promises {
        if !output.contains(promise) {
            kept.until(promise, ARRIVAL).with_context(|| format!("{label}\n{command}\n{output}"))?;
        }
    }
    Ok(())
}

fn colors() -> Result<()> {
    let output = demo().args(["--color", "always"]).output()?;
    let shown = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{shown}");
    ensure!(shown.contains("\x1b[1madd-header\x1b[0m: "), "{shown}");
    ensure!(shown.contains("\x1b[32m    + hello: world!\x1b[0m\n"), "{shown}");
    ensure!(shown.contains("\x1b[32m7 passed\x1b[0m"), "{shown}");
    Ok(())
}

fn wrong_flag() -> Result<()> {
    let output = demo().arg("--kep").output()?;
    let shown = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(2), "{shown}");
    ensure!(shown.contains("unexpected argument '--kep'"), "{shown}");
    ensure!(shown.contains("'--keep'") && shown.contains("Usage: just demo"), "{shown}");
    Ok(())
}
