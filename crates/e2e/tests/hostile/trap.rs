//! What these tests look for is there if a filter traps.

use anyhow::{Result, ensure};
use harness::bootstrap::Filter;
use harness::http::Request;
use harness::parts;

use crate::exchange::Expected;
use crate::http2_upstream::Http2Upstream;
use crate::kind::{FILTER_FAILED, Kind};
use crate::message::Message;
use crate::proxy::Proxy;
use crate::upstream::Upstream;

/// The module that traps when a request asks it to.
const MODULE: &str = "probe.wasm";

/// A request traps in the probe, and all checks fail: that of replies, the log's, and that of clean requests.
pub(crate) fn noticed() -> Result<()> {
    let upstream = Upstream::start()?;
    let probe =
        Filter::new("probe", &parts::test_modules().join(MODULE), "").option("failure_policy", "FAIL_CLOSED");
    let proxy = Proxy::with(&upstream, &Http2Upstream::start()?, vec![("probe", vec![probe])])?;
    proxy.expect_intact()?;
    let response =
        proxy.envoy.send("probe", &Request::get("/").header("x-command", "request headers: trap"))?;
    ensure!(response.status == 503, "{response}");
    ensure!(
        response.values("x-details") == ["wasm_fail_stream"],
        "Envoy does not say that a filter failed: {response}"
    );
    let message = Message::get("/").header("x-command", "request headers: trap");
    for kind in Kind::both("trap", &message, Expected::Served) {
        let said = kind.send("probe", proxy.envoy.address("probe")?).err().map(|error| format!("{error:#}"));
        ensure!(
            said.as_ref().is_some_and(|said| said.contains(FILTER_FAILED)),
            "{:?}: the reply of a failed filter is not noticed: {said:?}",
            kind.version
        );
    }
    proxy.envoy.wait_for_log("Function: proxy_on_request_headers failed")?;
    ensure!(proxy.expect_no_failure().is_err(), "a failure in the log is not noticed");
    let clean = proxy.expect_intact().err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(
        clean.contains("a clean request after the others"),
        "a worker that serves no request is not noticed: {clean}"
    );
    Ok(())
}
