//! The files of `deploy/envoy`, with the test's ports and paths, in the newest and the oldest Envoy.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::deployed;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::httpbin::Httpbin;
use harness::recorder;
use harness::transcript::expect_header;
use harness::{locate, parts};

use crate::Case;

pub(crate) const TESTS: [Case; 9] = [
    ("envoy_accepts_every_file_of_deploy_envoy", all_are_accepted),
    ("deploy_envoy_add_header", add_header),
    ("deploy_envoy_add_header_edit", add_header_edit),
    ("deploy_envoy_path_rewrite", path_rewrite),
    ("deploy_envoy_path_rewrite_reverse", path_rewrite_reverse),
    ("deploy_envoy_rate_limit", rate_limit),
    ("deploy_envoy_rate_limit_body", rate_limit_body),
    ("deploy_envoy_rate_limit_tcp", rate_limit_tcp),
    ("deploy_envoy_tcp_prepend", tcp_prepend),
];

fn all_are_accepted(_: &Fixture) -> Result<()> {
    let folder = parts::root().join("deploy/envoy");
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        if !is_yaml {
            continue;
        }
        let modules = format!("{}/", parts::filters().display());
        let configuration = fs::read_to_string(&path)?.replace(deployed::MODULES, &modules);
        let output = Envoy::validate_text(&locate::envoy(), "envoy.yaml", &configuration)?;
        let log = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "Envoy rejects {}:\n{log}", path.display());
    }
    Ok(())
}

fn add_header(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("add-header", httpbin.address(), |envoy| {
        expect_header(&envoy.send("http", &Request::get("/get"))?, "hello", &["world!"])
    })
}

fn add_header_edit(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("add-header-edit", httpbin.address(), |envoy| {
        let response = envoy.send("http", &Request::get("/cookies/set/a/1"))?;
        expect_header(&response, "set-cookie", &["a=1; Path=/; Secure; HttpOnly; SameSite=Lax"])
    })
}

fn path_rewrite(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("path-rewrite", httpbin.address(), |envoy| {
        let response = envoy.send("http", &Request::get("/banana/418"))?;
        ensure!(response.status == 418, "expected status 418:\n{response}");
        Ok(())
    })
}

fn path_rewrite_reverse(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("path-rewrite-reverse", httpbin.address(), |envoy| {
        let response = envoy.send("http", &Request::get("/app/cookies/set/a/1"))?;
        expect_header(&response, "location", &["/app/cookies"])?;
        expect_header(&response, "set-cookie", &["a=1; Path=/app"])
    })
}

fn rate_limit(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("rate-limit", httpbin.address(), |envoy| {
        let send = |_| Ok(envoy.send("http", &Request::get("/get"))?.status);
        let statuses = (0..4).map(send).collect::<Result<Vec<_>>>()?;
        ensure!(statuses == [200, 200, 200, 429], "statuses {statuses:?}");
        let forged = envoy.send("http", &Request::get("/get").header("x-forwarded-for", "9.9.9.9"))?;
        ensure!(forged.status == 429, "a forged address gets another limit:\n{forged}");
        Ok(())
    })
}

fn rate_limit_body(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    in_each_envoy("rate-limit-body", httpbin.address(), |envoy| {
        let send = |_| Ok(envoy.send("http", &Request::get("/get"))?.status);
        let statuses = (0..5).map(send).collect::<Result<Vec<_>>>()?;
        ensure!(statuses == [200, 200, 200, 200, 429], "statuses {statuses:?}");
        Ok(())
    })
}

fn rate_limit_tcp(_: &Fixture) -> Result<()> {
    let recorder = recorder::Recorder::start()?;
    in_each_envoy("rate-limit-tcp", recorder.address(), |envoy| {
        for _ in 0..3 {
            let answer = recorder::send(envoy.address("tcp")?, &[b"hello"], Duration::ZERO)?;
            ensure!(answer == recorder::RESPONSE, "{}", answer.escape_ascii());
        }
        // Without data, so that the kernel does not reset the connection.
        let mut connection = TcpStream::connect(envoy.address("tcp")?)?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        ensure!(connection.read(&mut [0])? == 0, "the fourth connection is open");
        Ok(())
    })
}

fn tcp_prepend(_: &Fixture) -> Result<()> {
    let recorder = recorder::Recorder::start()?;
    in_each_envoy("tcp-prepend", recorder.address(), |envoy| {
        recorder::send(envoy.address("tcp")?, &[b"hello"], Duration::ZERO)?;
        let arrived = recorder.next()?;
        ensure!(arrived == b"prepend payload to downstream datahello", "{}", arrived.escape_ascii());
        Ok(())
    })
}

fn in_each_envoy(filter: &str, upstream: SocketAddr, check: impl Fn(&Envoy) -> Result<()>) -> Result<()> {
    let configuration = deployed::configuration(&format!("{filter}.yaml"), &[(8000, upstream)])?;
    for envoy in [locate::envoy(), locate::cached(parts::OLDEST_ENVOY_VERSION)] {
        check(&Envoy::start_text(&envoy, "envoy.yaml", &configuration)?)?;
    }
    Ok(())
}
