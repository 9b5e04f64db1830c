//! Delivers the responses to a filter's calls.

use proxy_filter::sys::BufferType;

use super::stop::Stop;
use crate::grpc_stream::Event;
use crate::guest::Callback;
use crate::proxy::Vm;
use crate::service::{CallOutcome, Outstanding};
use crate::worker::Worker;

/// Delivers to a plugin the response to its oldest call, or to the one that times out first. Returns `false` if no
/// call is waiting, or the client leaves first.
pub(super) fn deliver(vm: &Vm, plugin: u32, leaves: bool) -> Result<bool, Stop> {
    let worker = &vm.worker;
    if let Some((token, event)) = next_event(worker) {
        return deliver_event(vm, plugin, token, event).ok_or(Stop::Failed);
    }
    let late = |call: &Outstanding| call.service.respond(call.is_grpc).1.then_some(call.deadline);
    let next = (0_usize..).zip(&*worker.calls.borrow()).min_by_key(|(_, call)| late(call)).map(|(at, _)| at);
    let Some(next) = next else { return Ok(false) };
    if leaves && worker.calls.borrow().get(next).and_then(late).is_some() {
        return Ok(false);
    }
    let Outstanding { token, service, is_grpc, deadline } = worker.calls.borrow_mut().remove(next);
    let (response, late) = service.respond(is_grpc);
    if late {
        worker.shared.now.set(worker.shared.now().max(deadline));
    }
    let context = plugin;
    let (callback, headers, body) = match response {
        CallOutcome::Http(response) => {
            let (headers, body) = (response.headers, response.body.concat());
            let (count, body_size) = (headers.len(), body.len());
            let callback =
                Callback::HttpCallResponse { context, token, headers: count, body_size, trailers: 0 };
            (callback, Some(headers), Some(body))
        }
        CallOutcome::GrpcMessage(message) => {
            (Callback::GrpcReceive { context, token, size: message.len() }, None, Some(message))
        }
        CallOutcome::GrpcStatus(status) => (Callback::GrpcClose { context, token, status }, None, None),
    };
    let buffer = if is_grpc { BufferType::GrpcReceiveBuffer } else { BufferType::HttpCallResponseBody };
    worker.context(context, |root| root.buffers.extend(body.map(|body| (buffer, body))));
    worker.call_headers.replace(headers);
    let returned = vm.call(callback);
    worker.call_headers.take();
    worker.context(context, |root| root.buffers.remove(&buffer));
    returned.map(|_| true).ok_or(Stop::Failed)
}

/// Takes what a service has sent on the oldest stream.
fn next_event(worker: &Worker) -> Option<(u32, Event)> {
    let mut streams = worker.streams.borrow_mut();
    streams.iter_mut().find_map(|stream| Some((stream.token, stream.events.pop_front()?)))
}

/// Delivers what a service has sent on a stream. Returns `None` if the VM traps.
fn deliver_event(vm: &Vm, context: u32, token: u32, event: Event) -> Option<bool> {
    let worker = &vm.worker;
    match event {
        Event::Message(message) => {
            let callback = Callback::GrpcReceive { context, token, size: message.len() };
            let buffer = BufferType::GrpcReceiveBuffer;
            worker.context(context, |root| root.buffers.insert(buffer, message));
            let returned = vm.call(callback);
            worker.context(context, |root| root.buffers.remove(&buffer));
            returned?;
        }
        Event::End(status) => {
            vm.call(Callback::GrpcClose { context, token, status })?;
            // Like Envoy, forgets a stream only if the filter had ended its side.
            if worker.with_stream(token, |stream| stream.is_closed) == Ok(true) {
                _ = worker.forget_stream(token);
            }
        }
    }
    Some(true)
}
