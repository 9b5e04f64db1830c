//! A request's way through a filter to the upstream and back.

use proxy_filter::sys::{Buffer, Map};

use crate::exchange::{Exchange, Request, Response};
use crate::guest::Callback;
use crate::headers::Headers;
use crate::host::Outstanding;
use crate::proxy::{Machine, Plugin};
use crate::shared::Service;

/// What Envoy answers where a filter's machine is gone.
const FAILED: u16 = 503;

/// The stream of one request on one worker.
struct Stream<'a> {
    plugin: &'a Plugin,
    machine: &'a Machine,
    context: u32,
}

/// Which half of a stream a message is.
#[derive(Clone, Copy)]
enum Half {
    Request,
    Response,
}

/// Why a message does not go on.
enum Stop {
    /// The filter replied.
    Reply(Response),
    /// The filter's machine trapped.
    Failed,
    /// The filter waits for something that never comes.
    Stuck,
}

impl Plugin {
    /// Sends a request through the filter on a worker, and the upstream's answer back.
    pub fn send(&self, worker: usize, request: &Request) -> Exchange {
        let machine = &self.machines[worker];
        let address = match request.client.contains(':') {
            true => format!("[{}]:4711", request.client),
            false => format!("{}:4711", request.client),
        };
        let context = self.begin(machine, &[("source.address", &address)]);
        let stream = Stream { plugin: self, machine, context };
        let exchange = stream.run(request);
        machine.end(context);
        exchange
    }
}

impl Stream<'_> {
    fn run(&self, request: &Request) -> Exchange {
        let to_upstream = self.pass(Half::Request, &request.headers, &request.body, &request.trailers);
        let (upstream, answer) = match to_upstream {
            Ok((headers, body, trailers)) => {
                let seen = Request { headers, body, trailers, client: request.client.clone() };
                (Some(seen), self.plugin.upstream.clone())
            }
            Err(Stop::Reply(reply)) => (None, reply),
            Err(Stop::Failed) => return Exchange { upstream: None, response: Response::new(FAILED) },
            Err(Stop::Stuck) => return Exchange { upstream: None, response: Response::new(0) },
        };
        let response = match self.pass(Half::Response, &answer.headers, &answer.body, &answer.trailers) {
            Ok((headers, body, trailers)) => Response { headers, body, trailers },
            Err(Stop::Reply(reply)) => reply,
            Err(Stop::Failed) => Response::new(FAILED),
            Err(Stop::Stuck) => Response::new(0),
        };
        Exchange { upstream, response }
    }

    /// Takes one message through its phases.
    fn pass(
        &self,
        half: Half,
        headers: &Headers,
        body: &[Vec<u8>],
        trailers: &Headers,
    ) -> Result<(Headers, Vec<Vec<u8>>, Headers), Stop> {
        let context = self.context;
        let (headers_map, buffer, trailers_map) = match half {
            Half::Request => (Map::RequestHeaders, Buffer::RequestBody, Map::RequestTrailers),
            Half::Response => (Map::ResponseHeaders, Buffer::ResponseBody, Map::ResponseTrailers),
        };
        let bodiless = body.is_empty() && trailers.is_empty();
        let (count, end_of_stream) = (headers.len(), bodiless);
        let headers = self.phase_of_map(
            headers_map,
            headers,
            match half {
                Half::Request => Callback::RequestHeaders { context, count, end_of_stream },
                Half::Response => Callback::ResponseHeaders { context, count, end_of_stream },
            },
        )?;

        let mut passed = Vec::new();
        let mut held = Vec::new();
        for (index, part) in body.iter().enumerate() {
            held.extend_from_slice(part);
            let (size, end_of_stream) = (held.len(), index + 1 == body.len() && trailers.is_empty());
            self.set_buffer(buffer, Some(held));
            let callback = match half {
                Half::Request => Callback::RequestBody { context, size, end_of_stream },
                Half::Response => Callback::ResponseBody { context, size, end_of_stream },
            };
            let goes_on = self.call(callback, !end_of_stream)?;
            held = self.set_buffer(buffer, None);
            if goes_on {
                passed.push(std::mem::take(&mut held));
            }
        }
        // Trailers release what was held until they came.
        passed.extend((!held.is_empty()).then_some(held));

        if trailers.is_empty() {
            return Ok((headers, passed, Headers::default()));
        }
        let count = trailers.len();
        let trailers = self.phase_of_map(
            trailers_map,
            trailers,
            match half {
                Half::Request => Callback::RequestTrailers { context, count },
                Half::Response => Callback::ResponseTrailers { context, count },
            },
        )?;
        Ok((headers, passed, trailers))
    }

    /// Runs a phase whose map can be used until it has continued.
    fn phase_of_map(&self, map: Map, headers: &Headers, callback: Callback) -> Result<Headers, Stop> {
        let worker = &self.machine.worker;
        worker.context(self.context, |context| context.maps.insert(map, headers.clone()));
        self.call(callback, false)?;
        Ok(worker.context(self.context, |context| context.maps.remove(&map)).unwrap_or_default())
    }

    fn set_buffer(&self, buffer: Buffer, bytes: Option<Vec<u8>>) -> Vec<u8> {
        self.machine.worker.context(self.context, |context| {
            match bytes {
                Some(bytes) => context.buffers.insert(buffer, bytes),
                None => context.buffers.remove(&buffer),
            }
            .unwrap_or_default()
        })
    }

    /// Runs a callback, and those of the answers it waits for. Whether the message goes on: it may be
    /// held only where more is to come.
    fn call(&self, callback: Callback, may_hold: bool) -> Result<bool, Stop> {
        let mut returned = self.machine.call(callback).ok_or(Stop::Failed)?;
        loop {
            let context = self.machine.worker.context(self.context, |context| {
                (context.reply.take(), std::mem::take(&mut context.continued))
            });
            match (context, returned) {
                ((Some(reply), _), _) => return Err(Stop::Reply(reply)),
                ((None, continued), action) if continued || action == 0 => return Ok(true),
                _ if self.answer()? => returned = 1,
                _ if may_hold => return Ok(false),
                _ => return Err(Stop::Stuck),
            }
        }
    }

    /// Delivers the answer to the oldest call. `false` if there is none to deliver.
    fn answer(&self) -> Result<bool, Stop> {
        let worker = &self.machine.worker;
        let position = worker.calls.borrow().iter().position(|call| !matches!(call.service, Service::Silent));
        let Some(position) = position else { return Ok(false) };
        let Outstanding { token, service, is_grpc } = worker.calls.borrow_mut().remove(position);
        let context = self.plugin.root;
        let callback = match &service {
            Service::Http(response) if !is_grpc => {
                let (headers, body_size) = (response.headers.len(), response.body.concat().len());
                Callback::HttpCallResponse { context, token, headers, body_size }
            }
            Service::Grpc(Ok(message)) if is_grpc => {
                Callback::GrpcReceive { context, token, size: message.len() }
            }
            Service::Grpc(Err(status)) if is_grpc => Callback::GrpcClose { context, token, status: *status },
            _ => return Err(Stop::Stuck),
        };
        worker.answer.replace(match service {
            Service::Http(response) => Some(response),
            Service::Grpc(Ok(message)) => Some(Response { body: vec![message], ..Response::new(200) }),
            Service::Grpc(Err(_)) | Service::Silent => None,
        });
        let returned = self.machine.call(callback);
        worker.answer.take();
        returned.map(|_| true).ok_or(Stop::Failed)
    }
}
