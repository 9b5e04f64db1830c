//! The cookies of an application below a path, in a real browser. Run by `just test-playground`, which finds one.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::command::output;
use harness::scratch::Scratch;
use harness::shop::{self, BOTH_WAYS, LOGGED_IN, ONE_WAY};
use harness::suite::{self, Case};
use harness::{Envoy, nginx, parts};

/// The environment variable with the browser's path.
const BROWSER: &str = "CHROMIUM";

const CASES: [Case; 1] = [("a_browser_stays_logged_in_to_an_app_below_a_path", stays_logged_in)];

fn main() -> ExitCode {
    let no_browser =
        || env::var_os(BROWSER).is_none().then(|| "Chromium is missing: run `just test-playground`".into());
    let missing =
        parts::missing_for_envoy().or_else(|| parts::missing_of(&[nginx::PROGRAM])).or_else(no_browser);
    suite::run_cases(&CASES, missing.as_deref())
}

/// The login sets a cookie for the application's own path, and redirects to a page that shows the cookies it gets.
fn stays_logged_in() -> Result<()> {
    let shop = shop::start()?;
    let envoy = Envoy::start(&shop::listeners(Bootstrap::default(), &shop))?;
    for (listener, stays) in [(BOTH_WAYS, true), (ONE_WAY, false)] {
        let page = visit(&format!("http://{}/shop/login", envoy.address(listener)?))?;
        ensure!(page.contains(LOGGED_IN) == stays, "{listener}: {page}");
        ensure!(page.contains("cookie: "), "{listener}: {page}");
    }
    Ok(())
}

/// Opens a URL in a new profile, follows redirects, and returns the page.
fn visit(url: &str) -> Result<String> {
    let profile = Scratch::new("browser")?;
    let mut browser = Command::new(env::var_os(BROWSER).unwrap_or_default());
    browser.arg(option("--user-data-dir=", profile.path())).args([
        "--headless",
        // Chromium's sandbox refuses to run as root. No requests of the browser's own.
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--disable-gpu",
        "--no-proxy-server",
        "--dump-dom",
        url,
    ]);
    output(&mut browser)
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}{}", path.display())
}
