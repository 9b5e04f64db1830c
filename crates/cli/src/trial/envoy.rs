//! Runs a trial in a real Envoy.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use proxy_filter_test::{Chain, LoadError, Plugin, Proxy};
use proxy_filter_trial::{
    Connection, Exchange, LogLine, Outcome, Refusal, Report, Request, Responder, Traffic, Trial,
    UpstreamResponse,
};

/// Headers with which Envoy marks each request or response. They say nothing about the filter.
const VOLATILE: [&[u8]; 3] = [b"x-request-id", b"x-envoy-upstream-service-time", b"date"];

/// Runs a module's file in an Envoy, which starts for it.
///
/// # Errors
/// The trial moves the clock, or Envoy does not start or fails.
pub(super) fn run(module: &Path, trial: &Trial) -> Result<Report> {
    ensure!(
        trial.repeat.pauses.iter().all(|pause| pause.is_zero()),
        "Envoy's clock cannot be moved: leave out `--advance` or `--envoy`"
    );
    let chain = match trial.traffic {
        Traffic::Http(..) => Chain::Http,
        Traffic::Tcp(_) => Chain::Tcp,
    };
    let proxy = Proxy::envoy_file(module, chain)?;
    for service in &trial.services {
        proxy.service(&service.cluster, proxy_filter_test::Service::Http(service.response()));
    }
    let outcome = match (proxy.try_load_named(&trial.plugin, &trial.configuration), &trial.traffic) {
        (Err(LoadError::Failed(error)), _) => return Err(error),
        (Err(LoadError::Refused(line)), _) => {
            let log = LogLine::all(&proxy.logs());
            Outcome::Refused(Refusal::new(&log, &line, trial.configuration.as_ref()))
        }
        (Ok(plugin), Traffic::Http(request, upstream)) => {
            Outcome::Exchanges(exchanges(&proxy, plugin, request, upstream, trial.repeat.times)?)
        }
        (Ok(plugin), Traffic::Tcp(chunks)) => {
            let (client, upstream) = chunks.slices();
            let plugin = plugin.upstream_sends(&upstream);
            let send = |_| Connection::new(chunks, plugin.send_tcp(&client));
            Outcome::Connections((0..trial.repeat.times).map(send).collect())
        }
    };
    let counters: BTreeMap<_, _> = match outcome {
        Outcome::Refused(_) => BTreeMap::new(),
        _ => proxy.metrics()?.into_iter().collect(),
    };
    let mut report = Report { outcome, log: LogLine::all(&proxy.logs()), counters, cost: None };
    if let (false, Outcome::Exchanges(all)) = (report.is_success(), &mut report.outcome) {
        // A client cannot tell who replied, but after a panic it is not the filter.
        for exchange in all.iter_mut().filter(|exchange| exchange.responder == Responder::Filter) {
            exchange.responder = Responder::Proxy;
        }
    }
    Ok(report)
}

fn exchanges(
    proxy: &Proxy,
    plugin: Plugin<'_>,
    request: &Request,
    upstream: &UpstreamResponse,
    times: u32,
) -> Result<Vec<Exchange>> {
    let (request, response) = (request.message(), upstream.response());
    let without = proxy.unfiltered()?.upstream(response.clone());
    let before = without_volatile(without.try_send(&request)?.messages());
    let plugin = plugin.upstream(response);
    let send = |_| Ok(Exchange::new(Some(&before), &without_volatile(plugin.try_send(&request)?.messages())));
    (0..times).map(send).collect()
}

/// Removes what differs from one request to the next.
fn without_volatile(exchange: &proxy_model::Exchange) -> proxy_model::Exchange {
    let mut exchange = exchange.clone();
    let requests = exchange.upstream.iter_mut().map(|request| &mut request.headers);
    for headers in requests.chain([&mut exchange.response.headers]) {
        VOLATILE.iter().for_each(|name| headers.remove(name));
    }
    exchange
}
