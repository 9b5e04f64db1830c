//! The way back of redirects and cookies, with clients that follow redirects and keep cookies.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::fixture::Fixture;
use harness::parts;
use harness::shop::{self, BOTH_WAYS, LOGGED_IN, ONE_WAY};

use crate::Case;

/// Tests that run programs from Debian packages.
pub(crate) const WITH_PROGRAMS: [Case; 1] =
    [("reverse_clients_stay_in_an_app_below_a_path_and_stay_logged_in", clients)];

/// Follows redirects with cookies, and prints the body.
const COOKIEJAR: &str = "
import http.cookiejar, sys, urllib.request as r
opener = r.build_opener(r.ProxyHandler({}), r.HTTPCookieProcessor(http.cookiejar.CookieJar()))
print(opener.open(sys.argv[1], timeout=10).read().decode())
";

fn clients(fixture: &Fixture) -> Result<()> {
    let shop = shop::start()?;
    fixture.add(|bootstrap| shop::listeners(bootstrap, &shop))?;
    for (listener, stays) in [(BOTH_WAYS, true), (ONE_WAY, false)] {
        let address = fixture.envoy.address(listener)?;
        let url = |path: &str| format!("http://{address}{path}");
        let followed = curl(&url("/shop/docs"))?;
        let (body, led_to) = followed.rsplit_once('\n').context("curl prints no URL")?;
        let expected =
            if stays { url("/shop/docs/") } else { format!("http://{}/store/docs/", shop.address()) };
        ensure!((body, led_to) == ("the docs", &expected), "{listener}: {followed}, expected {expected}");

        let login = url("/shop/login");
        let mut python = Command::new(parts::venv().join("bin/python"));
        let bodies = [curl(&login)?, output(python.args(["-c", COOKIEJAR, &login]))?];
        for body in bodies {
            ensure!(body.starts_with(LOGGED_IN) == stays, "{listener}: {body}");
            ensure!(body.starts_with("cookie: "), "{listener}: {body}");
        }
    }
    println!("path-rewrite-reverse: curl and Python's cookie jar followed redirects and sent cookies back");
    Ok(())
}

/// Follows redirects with cookies. Returns the body, and the last URL on a line of its own.
fn curl(url: &str) -> Result<String> {
    let mut curl = parts::program("curl")?;
    curl.args(["-sS", "-L", "--noproxy", "*", "--max-time", "10", "-b", "", "-w", "\n%{url_effective}", url]);
    output(&mut curl)
}
