//! Shows every walk-through in a real Envoy; `--keep` leaves it running to be tried by hand.

use std::process::ExitCode;

use anyhow::{Result, bail};
use e2e::lab::{Lab, PLAIN_TCP};
use e2e::story::Story;
use e2e::walkthroughs::ALL;

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

/// Whether everything held.
fn run() -> Result<bool> {
    let keep = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--keep" => true,
        other => bail!("unknown arguments {other:?}; there is only --keep"),
    };
    if let Some(missing) = harness::parts::missing_for_demo() {
        bail!(missing);
    }
    println!("starting Envoy {} and httpbin\n", harness::parts::ENVOY_VERSION);
    let lab = Lab::start()?;

    let mut summary = Vec::new();
    let mut all_held = true;
    for walkthrough in ALL {
        println!("{}   {}", walkthrough.id, walkthrough.title);
        let mut story = Story::default();
        let outcome = (walkthrough.run)(&lab, &mut story);
        println!("{}", story.text());
        let held = match outcome {
            Ok(()) => "held",
            Err(error) => {
                all_held = false;
                println!("     {error:#}\n{}\n", lab.logs());
                "BROKEN"
            }
        };
        summary.push(format!("{}   {held:<6}  {}", walkthrough.id, walkthrough.title));
    }
    println!("{}", summary.join("\n"));

    if keep {
        wait_for_the_user(&lab)?;
    }
    Ok(all_held)
}

fn wait_for_the_user(lab: &Lab) -> Result<()> {
    println!("\nEnvoy is running (process {}). Try, and end it with Ctrl-C:", lab.envoy.id());
    for (listener, target) in
        [("s0-text", "/get"), ("s1", "/banana/418"), ("s2-http", "/get"), ("s4", "/get")]
    {
        println!("  curl -i http://{}{target}", lab.envoy.address(listener)?);
    }
    println!("  curl -i -H 'authorization: x' http://{}/get", lab.envoy.address("s3")?);
    println!("  curl -X POST 'http://{}/logging?wasm=debug'", lab.envoy.admin());
    for listener in [PLAIN_TCP, "s2-tcp", "s2-tcp-every-chunk"] {
        let address = lab.envoy.address(listener)?;
        println!("  nc {} {}    # {listener}; type, then Ctrl-D", address.ip(), address.port());
    }
    loop {
        // An error is that nothing came for a while.
        if let Ok(arrived) = lab.recorder.next() {
            println!("the TCP upstream got \"{}\"", arrived.escape_ascii());
        }
    }
}
