//! Sends a trial's traffic through a filter.

use proxy_model::{Headers, Plugin, Proxy};

use crate::bytes::Bytes;
use crate::refusal::Refusal;
use crate::report::{Connection, Exchange, Line, Outcome, Report, Sides};
use crate::trial::{Chunks, HeaderList, Repeat, Request, Service, Traffic, Trial, Upstream};
use crate::unfiltered;

/// The name of the plugin.
const PLUGIN: &str = "plugin";

/// Sends a trial's traffic through a filter. The proxy's workers take turns, and its clock moves only as the trial says.
pub fn run(proxy: &Proxy, trial: &Trial) -> Report {
    for service in &trial.services {
        proxy.service(&service.cluster, proxy_model::Service::Http(service.response()));
    }
    let lines = || proxy.logs().iter().map(|line| Line::parse(line)).collect::<Vec<_>>();
    let outcome = match proxy.load(&trial.configuration, PLUGIN) {
        Err(last) => {
            Outcome::Refused(Refusal::new(&lines(), Line::parse(&last), trial.configuration.as_ref()))
        }
        Ok(plugin) => match &trial.traffic {
            Traffic::Http(request, upstream) => {
                let (request, response) = (request.message(), upstream.response());
                let before = unfiltered::exchange(&request, &response);
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
    Report { outcome, log: lines(), counters: proxy.metrics(), cost: None }
}

fn repeated<T>(proxy: &Proxy, repeat: &Repeat, send: impl Fn(usize) -> T) -> Vec<T> {
    let workers = (0..proxy.workers()).cycle();
    let times = usize::try_from(repeat.times).unwrap_or(usize::MAX);
    let one = |(at, worker): (usize, usize)| {
        if let Some(repetition) = at.checked_sub(1) {
            proxy.advance(repeat.pause_before(repetition).duration());
        }
        send(worker)
    };
    workers.take(times).enumerate().map(one).collect()
}

impl Exchange {
    fn new(before: Option<&proxy_model::Exchange>, after: &proxy_model::Exchange) -> Self {
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

impl Chunks {
    fn send(&self, plugin: &Plugin, worker: usize) -> Connection {
        fn slices(chunks: &[Bytes]) -> Vec<&[u8]> {
            chunks.iter().map(Bytes::as_ref).collect()
        }
        let (client, upstream) = (slices(&self.client), slices(&self.upstream));
        let received = plugin.send_tcp(worker, &client, &upstream);
        let sides = |before: &[&[u8]], after| Sides {
            before: Some(Bytes(before.concat())),
            after: Some(Bytes(after)),
        };
        Connection {
            to_upstream: sides(&client, received.upstream),
            to_client: sides(&upstream, received.client),
        }
    }
}

impl Request {
    /// Returns the model's form.
    fn message(&self) -> proxy_model::Request {
        let mut message = proxy_model::Request::get(&self.path);
        // Pseudo-headers come first, in this order.
        message.headers = Headers::from_iter([
            (":method", self.method.as_bytes()),
            (":authority", b"a.example"),
            (":path", self.path.as_bytes()),
        ]);
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            match name.as_str() {
                "host" => message.headers.replace(b":authority", value.as_ref()),
                name if name.starts_with(':') => message.headers.replace(name.as_bytes(), value.as_ref()),
                name => message.headers.append(name, value),
            }
        }
        message.body = body(&self.body);
        message.trailers = Headers::from_iter(pairs(&self.trailers));
        match self.from {
            Some(address) => message.from(&address.to_string()),
            None => message,
        }
    }
}

impl Upstream {
    fn response(&self) -> proxy_model::Response {
        let mut response = response(self.status, &self.headers, &self.body);
        response.trailers = Headers::from_iter(pairs(&self.trailers));
        response
    }
}

impl Service {
    fn response(&self) -> proxy_model::Response {
        response(self.status, &self.headers, &self.body)
    }
}

fn response(status: u16, headers: &HeaderList, bytes: &Bytes) -> proxy_model::Response {
    let mut response = proxy_model::Response::new(status);
    pairs(headers).for_each(|(name, value)| response.headers.append(name, value));
    response.body = body(bytes);
    response
}

fn pairs(headers: &HeaderList) -> impl Iterator<Item = (&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
}

/// Returns a body in one part. An empty one does not exist on the wire.
fn body(Bytes(bytes): &Bytes) -> Vec<Vec<u8>> {
    if bytes.is_empty() { Vec::new() } else { vec![bytes.clone()] }
}
