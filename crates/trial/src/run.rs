//! Sends a trial's traffic through a filter.

use proxy_model::{Headers, PassThrough, Plugin, Proxy};

use crate::bytes::Bytes;
use crate::log::LogLine;
use crate::refusal::Refusal;
use crate::report::{Connection, Exchange, Outcome, Report, Sides};
use crate::trial::{Chunks, HeaderList, PLUGIN, Repeat, Service, Traffic, Trial, UpstreamResponse};

/// Sends a trial's traffic through a filter. The proxy's workers take turns, and its clock moves only as the trial says.
pub fn run(proxy: &Proxy, trial: &Trial) -> Report {
    for service in &trial.services {
        proxy.service(&service.cluster, proxy_model::Service::Http(service.response()));
    }
    let outcome = match load(proxy, trial.configuration.as_ref(), &trial.plugin) {
        Err(refusal) => Outcome::Refused(refusal),
        Ok(plugin) => match &trial.traffic {
            Traffic::Http(request, upstream) => {
                let (request, response) = (request.message(), upstream.response());
                let before = unfiltered(&request, &response);
                let plugin = plugin.upstream(response);
                let send = |worker| Exchange::new(before.as_ref(), &plugin.send(worker, &request));
                Outcome::Exchanges(repeated(proxy, &trial.repeat, send))
            }
            Traffic::Tcp(chunks) => {
                let send = |worker| chunks.send(&plugin, worker);
                Outcome::Connections(repeated(proxy, &trial.repeat, send))
            }
        },
    };
    // Filters report their counters when they tick.
    proxy.tick();
    Report { outcome, log: LogLine::all(&proxy.logs()), counters: proxy.metrics(), cost: None }
}

/// Loads a configuration, and returns why the filter refused it, if it did.
pub fn refusal(proxy: &Proxy, configuration: &[u8]) -> Option<Refusal> {
    load(proxy, configuration, PLUGIN).err()
}

fn load(proxy: &Proxy, configuration: &[u8], plugin: &str) -> Result<Plugin, Refusal> {
    let refused = |last: String| Refusal::new(&LogLine::all(&proxy.logs()), &last, configuration);
    proxy.load(configuration, plugin).map_err(refused)
}

/// Sends a request through a proxy without a filter, which adds headers, too.
fn unfiltered(
    request: &proxy_model::Request,
    upstream: &proxy_model::Response,
) -> Option<proxy_model::Exchange> {
    let plugin = Proxy::new(1, || PassThrough).load("", PLUGIN).ok()?;
    Some(plugin.upstream(upstream.clone()).send(0, request))
}

fn repeated<T>(proxy: &Proxy, repeat: &Repeat, send: impl Fn(usize) -> T) -> Vec<T> {
    let workers = (0..proxy.workers()).cycle();
    let times = usize::try_from(repeat.times).unwrap_or(usize::MAX);
    let one = |(at, worker): (usize, usize)| {
        let pause = at.checked_sub(1).map(|repetition| repeat.pause_before(repetition).duration());
        proxy.advance(pause.unwrap_or_default());
        send(worker)
    };
    workers.take(times).enumerate().map(one).collect()
}

impl Exchange {
    /// Compares an exchange through a proxy without the filter with one through the filter.
    pub fn new(before: Option<&proxy_model::Exchange>, after: &proxy_model::Exchange) -> Self {
        let sent = before.and_then(|before| before.upstream.as_ref());
        let has_reached = after.upstream.is_some();
        Self {
            request: Sides { before: sent.map(Into::into), after: after.upstream.as_ref().map(Into::into) },
            response: Sides {
                before: before.filter(|_| has_reached).map(|before| (&before.response).into()),
                after: Some((&after.response).into()),
            },
            responder: after.responder.into(),
        }
    }
}

impl Connection {
    /// Compares what both sides sent with what they received through the filter.
    pub fn new(sent: &Chunks, received: proxy_model::TcpExchange) -> Self {
        let (client, upstream) = sent.slices();
        let sides = |before: &[&[u8]], after| Sides {
            before: Some(Bytes(before.concat())),
            after: Some(Bytes(after)),
        };
        Self { to_upstream: sides(&client, received.upstream), to_client: sides(&upstream, received.client) }
    }
}

impl Chunks {
    fn send(&self, plugin: &Plugin, worker: usize) -> Connection {
        let (client, upstream) = self.slices();
        Connection::new(self, plugin.send_tcp(worker, &client, &upstream))
    }

    /// Returns the chunks of the client and of the upstream.
    pub fn slices(&self) -> (Vec<&[u8]>, Vec<&[u8]>) {
        fn slices(chunks: &[Bytes]) -> Vec<&[u8]> {
            chunks.iter().map(Bytes::as_ref).collect()
        }
        (slices(&self.client), slices(&self.upstream))
    }
}

impl UpstreamResponse {
    /// Returns the model's form.
    pub fn response(&self) -> proxy_model::Response {
        let mut response = response(self.status, &self.headers, &self.body);
        response.trailers = Headers::from_iter(pairs(&self.trailers));
        response
    }
}

impl Service {
    /// Returns the model's form.
    pub fn response(&self) -> proxy_model::Response {
        response(self.status, &self.headers, &self.body)
    }
}

fn response(status: u16, headers: &HeaderList, bytes: &Bytes) -> proxy_model::Response {
    let mut response = proxy_model::Response::new(status);
    pairs(headers).for_each(|(name, value)| response.headers.append(name, value));
    response.body = body(bytes);
    response
}

pub(crate) fn pairs(headers: &HeaderList) -> impl Iterator<Item = (&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
}

/// Returns a body in one part. An empty one does not exist on the wire.
pub(crate) fn body(Bytes(bytes): &Bytes) -> Vec<Vec<u8>> {
    if bytes.is_empty() { Vec::new() } else { vec![bytes.clone()] }
}
