//! Runs a job in the model of a proxy, which `just try` uses: what a reader tries is what the page shows.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use book::cookbook::{Exchange, Job};
use harness::http::Response;
use proxy_filter_envoy::deployed::Kind;
use proxy_filter_test::{Plugin, Proxy};

use super::check::{Outcome, check};
use super::forms::handed_over;

/// Runs the exchanges of a job, with the configuration that Envoy would hand over.
pub(crate) fn run(job: &Job) -> Result<()> {
    let proxy = Proxy::wasm(&job.filter);
    let configuration = handed_over(&job.envoy(), Kind::Envoy, job)?;
    let mut plugin = proxy.try_load(configuration).map_err(|error| anyhow!("{error}"))?;
    for (number, exchange) in (1..).zip(&job.exchanges) {
        plugin = plugin.upstream(exchange.upstream.response());
        for repetition in 1..=exchange.repeat {
            expect(exchange, &plugin)
                .with_context(|| format!("exchange {number} of `{}`, request {repetition}", job.title))?;
        }
    }
    Ok(())
}

fn expect(exchange: &Exchange, plugin: &Plugin<'_>) -> Result<()> {
    let request = exchange.request.as_ref().context("no request")?;
    let sent = plugin.try_send(&request.message())?.messages().clone();
    let headers = sent.response.headers.iter().filter(|(name, _)| !name.starts_with(b":"));
    let headers = headers.map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    let response = Response {
        status: sent.response.status(),
        headers: headers.collect(),
        body: sent.response.body.concat(),
        trailers: Vec::new(),
    };
    check(&exchange.expect, &Outcome { response, upstream: sent.upstream, elapsed: Duration::ZERO })
}
