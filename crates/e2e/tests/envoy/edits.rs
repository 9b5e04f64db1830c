//! Edited cookies and redirects, as curl reads them.

use anyhow::{Context, Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::parts;

use crate::Case;

pub(crate) const WITH_CURL: [Case; 2] = [
    ("curl_follows_a_redirect_whose_host_is_edited", redirect),
    ("curl_sends_a_cookie_back_whose_domain_is_removed", cookie),
];

const EDITS: &str = r#"{"response": [
    {"action": "edit", "name": "location", "regex": "^http://([a-z]+)\\.internal(:[0-9]+)?/", "replace": "http://$1.example.com/"},
    {"action": "edit", "name": "set-cookie", "regex": "(?i); *Domain=[^;]*", "replace": ""}
]}"#;

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    bootstrap.http("edits", &[built::filter("add-header-edit", EDITS)], "httpbin").http(
        "unedited",
        &[],
        "httpbin",
    )
}

fn redirect(fixture: &Fixture) -> Result<()> {
    let url = "http://shop.example.com/redirect-to?url=http://shop.internal:8080/anything?a=b";
    let arguments =
        ["--location", "--output", "/dev/null", "--write-out", "%{http_code} %{url_effective}", url];
    let reached = curl(fixture, "edits", &arguments)?;
    ensure!(reached == "200 http://shop.example.com/anything?a=b", "curl reached {reached}");
    Ok(())
}

fn cookie(fixture: &Fixture) -> Result<()> {
    let set = "http://shop.example.com/response-headers?Set-Cookie=a%3D1%3B%20Domain%3Dshop.internal";
    // `--cookie ""` makes curl keep cookies, as a browser does.
    let arguments = ["--cookie", "", set, "http://shop.example.com/cookies"];
    for (listener, is_sent) in [("edits", true), ("unedited", false)] {
        let shown = curl(fixture, listener, &arguments)?;
        ensure!(shown.contains(r#""a": "1""#) == is_sent, "{listener}: httpbin got these cookies: {shown}");
    }
    Ok(())
}

/// Runs curl, which connects to a listener for whatever host, and returns what it prints.
pub(crate) fn curl(fixture: &Fixture, listener: &str, arguments: &[&str]) -> Result<String> {
    let to = format!("::{}", fixture.envoy.address(listener)?);
    let mut command = parts::program("curl")?;
    // `-q` comes first: it leaves out the user's own configuration.
    command.args([
        "-q",
        "--silent",
        "--show-error",
        "--noproxy",
        "*",
        "--max-time",
        "20",
        "--connect-to",
        &to,
    ]);
    let output = command.args(arguments).output().context("curl")?;
    ensure!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
