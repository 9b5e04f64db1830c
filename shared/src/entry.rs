//! Between the host's callbacks and a filter's methods, the same code on every target.
//!
//! A filter does not use this module by name: [`http_filter!`](crate::http_filter) and
//! [`tcp_filter!`](crate::tcp_filter) do, and test drivers call [`Plugin`] as a proxy would.

use std::rc::Rc;

use crate::flow::{Flow, Reply};
use crate::headers::{RequestHeaders, ResponseHeaders};
use crate::http::HttpFilter;
use crate::sys::{self, Buffer, HostError};
use crate::tcp::{Chunk, TcpFilter};
use crate::{Filter, error, log};

/// How often the proxy's log level is asked for.
const TICK_MILLISECONDS: u32 = 1000;

/// What the host is told after a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// On to the next filter.
    Continue,
    /// Nothing further happens with the stream: it was replied to.
    Stop,
}

/// The HTTP phases a filter registered; [`http_filter!`](crate::http_filter) implements it.
#[allow(unused_variables, reason = "default methods ignore their arguments")]
pub trait HttpEntry: HttpFilter {
    /// The registered request-headers phase, if it is.
    ///
    /// # Errors
    /// See [`OnRequestHeaders`](crate::http::OnRequestHeaders).
    fn request_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        Ok(Flow::Continue)
    }
    /// The registered response-headers phase, if it is.
    ///
    /// # Errors
    /// See [`OnResponseHeaders`](crate::http::OnResponseHeaders).
    fn response_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        Ok(())
    }
}

/// The TCP phases a filter registered; [`tcp_filter!`](crate::tcp_filter) implements it.
#[allow(unused_variables, reason = "default methods ignore their arguments")]
pub trait TcpEntry: TcpFilter {
    /// The registered downstream-data phase, if it is.
    ///
    /// # Errors
    /// See [`OnDownstreamData`](crate::tcp::OnDownstreamData).
    fn downstream_data(&self, connection: &mut Self::Connection, chunk: &mut Chunk) -> Result<(), HostError> {
        Ok(())
    }
}

/// One plugin: a root context, with the configuration that belongs to it.
#[derive(Debug)]
pub struct Plugin<F> {
    filter: Option<Rc<F>>,
}

impl<F> Default for Plugin<F> {
    fn default() -> Self {
        Self { filter: None }
    }
}

impl<F: Filter> Plugin<F> {
    /// Reads `size` bytes of configuration and compiles them; `false` refuses them.
    pub fn configure(&mut self, size: usize) -> bool {
        log::refresh_level();
        if let Err(reason) = sys::set_tick_period(TICK_MILLISECONDS) {
            crate::warn!("log level changes will not be seen, the host has no ticks: {reason}");
        }
        let read = match size {
            0 => Ok(Vec::new()),
            size => sys::get_buffer(Buffer::PluginConfiguration, 0, size),
        };
        match read.map_err(Into::into).and_then(|configuration| F::configure(&configuration)) {
            Ok(filter) => {
                self.filter = Some(Rc::new(filter));
                true
            }
            Err(reason) => {
                error!("configuration refused: {reason}");
                false
            }
        }
    }

    /// The tick that [`configure`](Self::configure) asked for.
    pub fn tick(&mut self) {
        log::refresh_level();
    }
}

impl<F: HttpEntry> Plugin<F> {
    /// A stream has begun.
    pub fn http_stream(&self) -> HttpStream<F> {
        HttpStream { filter: self.filter.clone(), stream: F::Stream::default(), replied: false }
    }
}

impl<F: TcpEntry> Plugin<F> {
    /// A connection has been accepted.
    pub fn connection(&self) -> Connection<F> {
        Connection { filter: self.filter.clone(), connection: F::Connection::default() }
    }
}

/// One request and its response.
#[derive(Debug)]
pub struct HttpStream<F: HttpFilter> {
    filter: Option<Rc<F>>,
    stream: F::Stream,
    replied: bool,
}

impl<F: HttpEntry> HttpStream<F> {
    /// The request's headers have arrived.
    pub fn request_headers(&mut self, end_of_stream: bool) -> Verdict {
        let Some(filter) = &self.filter else {
            error!("a request came before any configuration was accepted");
            return self.reply(&Reply::new(500));
        };
        match filter.request_headers(&mut self.stream, &mut RequestHeaders::new(end_of_stream)) {
            Ok(Flow::Continue) => Verdict::Continue,
            Ok(Flow::Reply(reply)) => self.reply(&reply),
            Err(reason) => {
                error!("request headers: {reason}; replying 500");
                self.reply(&Reply::new(500).details("proxy_filter_host_error"))
            }
        }
    }

    /// The response's headers have arrived.
    pub fn response_headers(&mut self, end_of_stream: bool) -> Verdict {
        if let Some(filter) = &self.filter
            && let Err(reason) =
                filter.response_headers(&mut self.stream, &mut ResponseHeaders::new(end_of_stream))
        {
            error!("response headers: {reason}");
        }
        Verdict::Continue
    }

    /// Replies, once: hosts accept a second reply and can then leave the stream stuck (envoy#28826).
    fn reply(&mut self, reply: &Reply) -> Verdict {
        if !std::mem::replace(&mut self.replied, true)
            && let Err(reason) = reply.send()
        {
            error!("the host refused a {} reply: {reason}", reply.status());
        }
        Verdict::Stop
    }
}

/// One TCP connection.
#[derive(Debug)]
pub struct Connection<F: TcpFilter> {
    filter: Option<Rc<F>>,
    connection: F::Connection,
}

impl<F: TcpEntry> Connection<F> {
    /// `size` bytes have arrived from the client.
    pub fn downstream_data(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        let mut chunk = Chunk::new(Buffer::DownstreamData, size, end_of_stream);
        if let Some(filter) = &self.filter
            && let Err(reason) = filter.downstream_data(&mut self.connection, &mut chunk)
        {
            error!("data from the client: {reason}");
        }
        Verdict::Continue
    }
}

/// Makes a type the module's filter and names the phases it takes part in.
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// struct Nothing;
/// # impl Filter for Nothing { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Nothing { type Stream = (); }
/// proxy_filter::http_filter!(Nothing: RequestHeaders); // it does not implement OnRequestHeaders
/// ```
#[macro_export]
macro_rules! http_filter {
    ($filter:ty: $($phase:ident),+ $(,)?) => {
        impl $crate::entry::HttpEntry for $filter {
            $($crate::__phase!($phase);)+
        }
        $crate::__export!(register_http::<$filter>, $($phase),+);
    };
}

/// Makes a type the module's filter and names the phases it takes part in.
#[macro_export]
macro_rules! tcp_filter {
    ($filter:ty: $($phase:ident),+ $(,)?) => {
        impl $crate::entry::TcpEntry for $filter {
            $($crate::__phase!($phase);)+
        }
        $crate::__export!(register_tcp::<$filter>, $($phase),+);
    };
}

/// The method that calls a filter's implementation of a phase.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase {
    (RequestHeaders) => {
        fn request_headers(
            &self,
            stream: &mut Self::Stream,
            headers: &mut $crate::headers::RequestHeaders,
        ) -> Result<$crate::flow::Flow, $crate::sys::HostError> {
            $crate::http::OnRequestHeaders::on_request_headers(self, stream, headers)
        }
    };
    (ResponseHeaders) => {
        fn response_headers(
            &self,
            stream: &mut Self::Stream,
            headers: &mut $crate::headers::ResponseHeaders,
        ) -> Result<(), $crate::sys::HostError> {
            $crate::http::OnResponseHeaders::on_response_headers(self, stream, headers)
        }
    };
    (DownstreamData) => {
        fn downstream_data(
            &self,
            connection: &mut Self::Connection,
            chunk: &mut $crate::tcp::Chunk,
        ) -> Result<(), $crate::sys::HostError> {
            $crate::tcp::OnDownstreamData::on_downstream_data(self, connection, chunk)
        }
    };
}

/// The export through which Envoy calls a phase.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase_export {
    (RequestHeaders) => {
        "proxy_on_request_headers\n"
    };
    (ResponseHeaders) => {
        "proxy_on_response_headers\n"
    };
    (DownstreamData) => {
        "proxy_on_downstream_data\n"
    };
}
