//! curl as the client, and httpbin as the server.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;

use crate::edits::curl;

/// The listener of these tests.
const LISTENER: &str = "connections-one";

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    let one = built::filter("rate-limit-tcp", r#"{"rules": [{"concurrency": 1}]}"#);
    bootstrap.tcp(LISTENER, &[one], "httpbin")
}

/// While curl waits for a response, another curl is refused. Afterwards, it is served.
pub(super) fn one_at_a_time(fixture: &Fixture) -> Result<()> {
    let get = |path: &str| {
        let url = format!("http://a.example{path}");
        curl(fixture, LISTENER, &["--output", "/dev/null", "--write-out", "%{http_code}", &url])
    };
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| get("/delay/3"));
        std::thread::sleep(Duration::from_secs(1));
        let refused = get("/get");
        ensure!(refused.is_err(), "a second connection is served: {refused:?}");
        let status = slow.join().map_err(|_| anyhow::anyhow!("curl panicked"))??;
        ensure!(status == "200", "the first connection got status {status}");
        Ok(())
    })?;
    for _ in 0..5 {
        let status = get("/get")?;
        ensure!(status == "200", "status {status}");
        // Until Envoy has given the place back.
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
