//! Runs every scenario in a real Envoy. `--keep` leaves Envoy running, to try requests by hand.

use std::process::ExitCode;

use anyhow::{Result, bail};
use harness::fixture::{Fixture, PLAIN_TCP};
use harness::parts;
use harness::scenarios::ALL;
use harness::transcript::Transcript;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenarios and returns whether all passed.
fn run() -> Result<bool> {
    let keep = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--keep" => true,
        other => bail!("unknown arguments {other:?}: the only flag is --keep"),
    };
    if let Some(missing) = parts::missing_for_demo() {
        bail!(missing);
    }
    println!("starting Envoy {} and httpbin\n", parts::ENVOY_VERSION);
    let fixture = Fixture::start()?;

    let mut summary = Vec::new();
    let mut all_passed = true;
    for scenario in ALL {
        println!("{}   {}", scenario.id, scenario.title);
        let mut transcript = Transcript::default();
        let result = (scenario.run)(&fixture, &mut transcript);
        println!("{}", transcript.text());
        let outcome = match result {
            Ok(()) => "passed",
            Err(error) => {
                all_passed = false;
                println!("     {error:#}\n{}\n", fixture.logs());
                "FAILED"
            }
        };
        summary.push(format!("{}   {outcome}  {}", scenario.id, scenario.title));
    }
    println!("{}", summary.join("\n"));

    if keep {
        wait_for_the_user(&fixture)?;
    }
    Ok(all_passed)
}

fn wait_for_the_user(fixture: &Fixture) -> Result<()> {
    println!("\nEnvoy is running (process {}); Ctrl-C stops it. Try:", fixture.envoy.id());
    for (listener, target) in
        [("s0-text", "/get"), ("s1", "/banana/418"), ("s2-http", "/get"), ("s4", "/get")]
    {
        println!("  curl -i http://{}{target}", fixture.envoy.address(listener)?);
    }
    println!("  curl -i -H 'authorization: x' http://{}/get", fixture.envoy.address("s3")?);
    println!("  curl -X POST 'http://{}/logging?wasm=debug'", fixture.envoy.admin());
    for listener in [PLAIN_TCP, "s2-tcp", "s2-tcp-every-chunk"] {
        let address = fixture.envoy.address(listener)?;
        println!("  nc {} {}    # {listener}; type, then Ctrl-D", address.ip(), address.port());
    }
    loop {
        // An error means that no connection ended for a while.
        if let Ok(arrived) = fixture.recorder.next() {
            println!("the TCP upstream received \"{}\"", arrived.escape_ascii());
        }
    }
}
