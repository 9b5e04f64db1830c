//! What to try by hand while the demo keeps Envoy running.

use std::fmt;

use anyhow::Result;

use crate::fixture::{Fixture, PLAIN, PLAIN_TCP};

/// A command to copy, and what it shows.
pub struct Hint {
    /// What the command shows. Text in backquotes must appear in its output, or in the demo's if the upstream gets it.
    pub label: String,
    /// The command, for a shell.
    pub command: String,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "# {}\n{}", self.label, self.command)
    }
}

/// Returns commands by topic: a filter's name, or what is there without filters.
///
/// # Errors
/// Envoy lacks a listener of the demo.
pub fn hints(fixture: &Fixture) -> Result<Vec<(&'static str, Vec<Hint>)>> {
    let url = |listener| fixture.envoy.address(listener).map(|address| format!("http://{address}"));
    let (hello, banana, authorized, limited) = (url("s0-text")?, url("s1")?, url("s3")?, url("s4")?);
    let admin = fixture.envoy.admin();
    let add_header = vec![
        hint("the response has `hello: what ever you want`", format!("curl -i {hello}/get")),
        hint(
            "the response has `x-test: a.example`, because the request has an authorization",
            format!("curl -i -H 'host: a.example' -H 'authorization: any' {authorized}/get"),
        ),
    ];
    let path_rewrite = vec![
        hint("the status is `418`: the upstream got /status/418", format!("curl -i {banana}/banana/418")),
        hint(
            "debug logs are on: `wasm: debug`",
            format!("curl -s -X POST 'http://{admin}/logging?wasm=debug'"),
        ),
        hint(
            "a second later, the log has `/banana/200 -> /status/200`",
            format!(
                "sleep 2; curl -s {banana}/banana/200; grep rules {}",
                fixture.envoy.directory().join("log").display()
            ),
        ),
    ];
    let rate_limit = vec![hint(
        "the statuses are `200 200 200 429 429`; use 127.0.0.3 for a client that has sent nothing yet",
        format!(
            "for i in 1 2 3 4 5; do \
             curl -s -o /dev/null -w '%{{http_code}} ' --interface 127.0.0.2 {limited}/get; done; echo"
        ),
    )];
    let tcp = |listener: &str, what: &str| -> Result<String> {
        let address = fixture.envoy.address(listener)?;
        // Not nc: its variants disagree on how to close a connection when the input ends.
        Ok(format!("bash -c '{{ {what}; }} >/dev/tcp/{}/{}'", address.ip(), address.port()))
    };
    let tcp_prepend = vec![
        hint(
            "the upstream gets `prepend payload to downstream datahello`: see below",
            tcp("s2-tcp", "printf hello")?,
        ),
        hint(
            "the upstream gets the text twice: `datahello prepend payload to downstream dataworld`",
            tcp("s2-tcp-every-chunk", r#"printf "hello "; sleep 1; printf world"#)?,
        ),
    ];
    let plain = vec![
        hint("the status is `404`: httpbin has no bananas", format!("curl -i {}/banana/418", url(PLAIN)?)),
        hint("the upstream gets `\"hello\"`", tcp(PLAIN_TCP, "printf hello")?),
    ];
    Ok(vec![
        ("add-header", add_header),
        ("path-rewrite", path_rewrite),
        ("rate-limit", rate_limit),
        ("tcp-prepend", tcp_prepend),
        ("without filters", plain),
    ])
}

fn hint(label: &str, command: String) -> Hint {
    Hint { label: label.into(), command }
}
