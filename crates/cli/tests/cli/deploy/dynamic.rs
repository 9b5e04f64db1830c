//! An Envoy that reads its listeners and clusters from files.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::project::Project;
use harness::Envoy;
use harness::http::Request;
use harness::httpbin::Httpbin;
use harness::recorder::{self, Recorder};
use harness::scratch::Scratch;
use harness::{free_address, locate, parts};

/// One Envoy loads each filter in turn, rejects a configuration, and loads another upstream for TCP.
pub(crate) fn reloaded() -> Result<()> {
    let (httpbin, recorder) = (Httpbin::start()?, Recorder::start()?);
    let scratch = Scratch::new("dynamic")?;
    let place = Place { scratch, listener: free_address()? };
    place.put("clusters.yaml", &place.read("clusters.yaml", httpbin.address())?)?;
    let add_header = place.read("listeners/add-header.yaml", httpbin.address())?;
    place.put("listeners.yaml", &add_header)?;
    let bootstrap = place.read("envoy.yaml", httpbin.address())?;
    let envoy = Envoy::start_text(&locate::envoy(), "envoy.yaml", &bootstrap)?;

    let send = |path: &str| Request::get(path).send(place.listener);
    let hello = || Ok(send("/get")?.values("hello").concat());
    eventually(hello, "world!")?;
    place.put("listeners.yaml", &add_header.replace("world!", "again"))?;
    eventually(hello, "again")?;

    place.put("listeners.yaml", &add_header.replace("{name: hello,", "{name: not a name,"))?;
    envoy.wait_for_log("configuration refused: response[0].name")?;
    ensure!(hello()? == "again", "the refused configuration replaced the previous one");

    place.put("listeners.yaml", &place.read("listeners/path-rewrite.yaml", httpbin.address())?)?;
    eventually(|| Ok(send("/banana/418")?.status.to_string()), "418")?;
    place.put("listeners.yaml", &place.read("listeners/rate-limit.yaml", httpbin.address())?)?;
    eventually(|| Ok(send("/get")?.status.to_string()), "429")?;

    place.put("clusters.yaml", &place.read("clusters.yaml", recorder.address())?)?;
    place.put("listeners.yaml", &place.read("listeners/tcp-prepend.yaml", httpbin.address())?)?;
    let prefixed = || {
        recorder::send(place.listener, &[b"hello"], Duration::ZERO)?;
        Ok(recorder.next()?.escape_ascii().to_string())
    };
    eventually(prefixed, "prepend payload to downstream datahello")
}

/// The directory that Envoy watches, and the listener's address.
struct Place {
    scratch: Scratch,
    listener: SocketAddr,
}

impl Place {
    /// Reads a file of `deploy/`, with the paths and ports of this test.
    fn read(&self, file: &str, upstream: SocketAddr) -> Result<String> {
        let path = Project::find()?.root().join("deploy").join("envoy/dynamic").join(file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(text
            .replace("/etc/envoy/dynamic/", &format!("{}/", self.scratch.path().display()))
            .replace("/etc/envoy/filters/", &format!("{}/", parts::filters().display()))
            .replace("port_value: 9901", "port_value: 0")
            .replace("port_value: 10000", &format!("port_value: {}", self.listener.port()))
            .replace("port_value: 8000", &format!("port_value: {}", upstream.port())))
    }

    /// Moves a file to where Envoy watches, as the README says.
    fn put(&self, file: &str, text: &str) -> Result<()> {
        let new = self.scratch.path().join("new");
        fs::write(&new, text)?;
        Ok(fs::rename(&new, self.scratch.path().join(file))?)
    }
}

/// Waits until an observation is as expected. Connections may fail while Envoy replaces a listener.
fn eventually(observed: impl Fn() -> Result<String>, expected: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        let now = observed();
        if now.as_ref().is_ok_and(|now| now == expected) {
            return Ok(());
        }
        ensure!(start.elapsed() < Duration::from_secs(15), "{now:?}, expected {expected:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
