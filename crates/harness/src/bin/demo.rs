//! Runs every scenario in a real Envoy. `--keep` leaves Envoy running, to try requests by hand.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use cargo_proxy_filter::say;
use cargo_proxy_filter::terminal::{Color, Style, styled};
use clap::Parser;
use harness::fixture::Fixture;
use harness::kept::hints;
use harness::progress::report;
use harness::scenarios::{GROUPS, Scenario};
use harness::transcript::Transcript;
use harness::{parts, scenarios};

/// Shows what each filter does, in a real Envoy in front of a real httpbin, on loopback
#[derive(Parser)]
#[command(bin_name = "just demo")]
struct Arguments {
    /// Leave Envoy running, and print commands to try
    #[arg(long)]
    keep: bool,
    /// When to use colors; `auto` uses them on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value_t, value_enum)]
    color: Color,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mark = styled("error:", Style::Red, arguments.color.on_errors());
            eprintln!("{mark} {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenarios and returns whether all passed.
fn run(arguments: &Arguments) -> Result<bool> {
    if let Some(missing) = parts::missing_for_demo() {
        bail!(missing);
    }
    let has_colors = arguments.color.on_output();
    say!("starting Envoy {} and httpbin", parts::ENVOY_VERSION);
    let start = Instant::now();
    let fixture = report("starting Envoy, which compiles the filters", Fixture::start)?;
    say!("each request is sent twice, without filters and with them; - and + mark headers that differ");

    let mut failed = Vec::new();
    for group in GROUPS {
        say!("\n{}: {}", styled(group.filter, Style::Bold, has_colors), group.purpose);
        for scenario in group.scenarios {
            if !passes(scenario, &fixture, has_colors) {
                failed.push(scenario.title);
            }
        }
    }
    let number = scenarios::all().count().saturating_sub(failed.len());
    let seconds = start.elapsed().as_secs();
    match failed.is_empty() {
        true => {
            let passed = styled(&format!("{number} passed"), Style::Green, has_colors);
            say!("\n{passed} in {seconds} s");
        }
        false => {
            let titles: Vec<_> = failed.iter().map(|title| format!("  FAILED: {title}")).collect();
            let failures = styled(&format!("{} failed", failed.len()), Style::Red, has_colors);
            say!("\n{number} passed, {failures} in {seconds} s:\n{}", titles.join("\n"));
        }
    }
    if arguments.keep {
        wait_for_the_user(&fixture, has_colors)?;
    }
    Ok(failed.is_empty())
}

/// Runs a scenario, and prints what happens.
fn passes(scenario: &Scenario, fixture: &Fixture, has_colors: bool) -> bool {
    say!("\n  {} [{}]", scenario.title, scenario.id);
    let mut transcript = Transcript::new(has_colors);
    let result = (scenario.run)(fixture, &mut transcript);
    for line in transcript.text().lines() {
        say!("{}", format!("    {line}").trim_end());
    }
    match result {
        Ok(()) => true,
        Err(error) => {
            let failed = styled("FAILED:", Style::Red, has_colors);
            say!("    {failed} {error:#}\n{}", fixture.logs());
            false
        }
    }
}

/// Prints commands to try, and then what reaches the TCP upstream, until a signal ends the program.
fn wait_for_the_user(fixture: &Fixture, has_colors: bool) -> Result<()> {
    say!("\nEnvoy keeps running (process {}) until Ctrl-C. Try in another terminal:", fixture.envoy.id());
    for (topic, hints) in hints(fixture)? {
        say!("\n{}", styled(topic, Style::Bold, has_colors));
        for hint in hints {
            say!("  {}", hint.to_string().replace('\n', "\n  "));
        }
    }
    say!("");
    loop {
        // An error means that no connection ended for a while.
        if let Ok(arrived) = fixture.recorder.next() {
            say!("the TCP upstream got \"{}\"", arrived.escape_ascii());
        }
    }
}
