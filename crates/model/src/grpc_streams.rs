//! The gRPC streams of a worker.

use proxy_filter::sys::HostError;

use crate::grpc_stream::GrpcStream;
use crate::headers::Headers;
use crate::message::Request;
use crate::worker::Worker;

impl Worker {
    pub(crate) fn open_stream(&self, cluster: &[u8], headers: Headers) -> Result<u32, HostError> {
        let token = self.shared.stream_token();
        let Some(service) = self.shared.services.borrow().get(cluster).cloned() else {
            self.failed.borrow_mut().push(token);
            return Err(HostError::InternalFailure);
        };
        let stream = GrpcStream::new(token, cluster.to_vec(), headers, service);
        self.streams.borrow_mut().push(stream);
        Ok(token)
    }

    /// Changes a stream.
    pub(crate) fn with_stream<R>(
        &self,
        token: u32,
        change: impl FnOnce(&mut GrpcStream) -> R,
    ) -> Result<R, HostError> {
        let mut streams = self.streams.borrow_mut();
        streams.iter_mut().find(|stream| stream.token == token).map(change).ok_or(HostError::NotFound)
    }

    pub(crate) fn send_on_stream(&self, token: u32, message: &[u8], end: bool) -> Result<(), HostError> {
        let call = self.with_stream(token, |stream| {
            stream.respond(end);
            (stream.cluster.clone(), stream.headers.clone())
        });
        let (cluster, headers) = call?;
        let request = Request { headers, body: vec![message.to_vec()], ..Request::get("") };
        self.shared.calls.borrow_mut().push((cluster, request));
        Ok(())
    }

    pub(crate) fn close_stream(&self, token: u32) -> Result<(), HostError> {
        self.with_stream(token, |stream| {
            stream.is_closed = true;
            stream.end();
        })
    }

    pub(crate) fn forget_stream(&self, token: u32) -> Result<(), HostError> {
        let mut streams = self.streams.borrow_mut();
        let position = streams.iter().position(|stream| stream.token == token).ok_or(HostError::NotFound)?;
        streams.remove(position);
        Ok(())
    }
}
