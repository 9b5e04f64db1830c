//! `just pack`, `just publish`, `just verify` and `just test-reproducible`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use images::filters::VERSION;
use images::{pack, publish, reproduce, verify};

const USAGE: &str =
    "usage: images pack | publish REGISTRY [TAG [FILTER]] [--dry-run] | verify REFERENCE | reproduce";

fn main() -> ExitCode {
    harness::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let count = arguments.len();
    arguments.retain(|argument| argument != "--dry-run");
    let is_dry = arguments.len() < count;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["publish", registry] => publish::publish(registry, VERSION, None, is_dry),
        ["publish", registry, tag] => publish::publish(registry, tag, None, is_dry),
        ["publish", registry, tag, filter] => publish::publish(registry, tag, Some(filter), is_dry),
        ["pack"] if !is_dry => pack::pack(),
        ["verify", reference] if !is_dry => verify::verify(reference),
        ["reproduce"] if !is_dry => reproduce::compare(),
        _ => bail!("{USAGE}"),
    }
}
