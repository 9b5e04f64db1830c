//! What registration refuses to compile. The first example of each group compiles. The others differ from it in what
//! they are here for, so that they fail for no other reason.

/// A phase that is implemented must be registered:
///
/// ```
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnResponseHeaders for Mine {
/// #     fn on_response_headers(&self, _: &mut (), _: &mut ResponseHeaders) -> Result<(), HostError> { Ok(()) }
/// # }
/// proxy_filter::http_filter!(Mine: StreamEnd, ResponseHeaders);
/// ```
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnResponseHeaders for Mine {
/// #     fn on_response_headers(&self, _: &mut (), _: &mut ResponseHeaders) -> Result<(), HostError> { Ok(()) }
/// # }
/// proxy_filter::http_filter!(Mine: StreamEnd);
/// ```
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnResponseHeaders for Mine {
/// #     fn on_response_headers(&self, _: &mut (), _: &mut ResponseHeaders) -> Result<(), HostError> { Ok(()) }
/// # }
/// proxy_filter::http_filter!(Mine: StreamEnd, ResponseHeaders, ResponseHeader);
/// ```
struct Phases;

/// A filter whose tag is not `NoTag` must take responses:
///
/// ```
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = (); }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnCallResponse for Mine {
/// #     fn on_call_response(
/// #         &self, _: &mut (), _: (), _: CallResponse, _: Option<&mut RequestHeaders>,
/// #     ) -> Result<Flow<()>, HostError> { Ok(Flow::Continue) }
/// # }
/// proxy_filter::http_filter!(Mine: StreamEnd, CallResponse);
/// ```
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = (); }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// proxy_filter::http_filter!(Mine: StreamEnd);
/// ```
struct Calls;

/// A request starts in one phase:
///
/// ```
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnRequest for Mine {
/// #     async fn on_request(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
/// # }
/// proxy_filter::http_filter!(Mine: Request);
/// ```
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnRequest for Mine {
/// #     async fn on_request(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
/// # }
/// # impl OnRequestHeaders for Mine {
/// #     fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
/// # }
/// proxy_filter::http_filter!(Mine: Request, RequestHeaders);
/// ```
struct Starts;

/// A tick that is implemented must be registered:
///
/// ```
/// # use proxy_filter::plugin::OnTick;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnTick for Mine { fn on_tick(&self) {} }
/// proxy_filter::http_filter!(Mine: StreamEnd; Tick);
/// ```
///
/// ```compile_fail
/// # use proxy_filter::plugin::OnTick;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// # impl OnTick for Mine { fn on_tick(&self) {} }
/// proxy_filter::http_filter!(Mine: StreamEnd);
/// ```
struct Ticks;

/// So must a filter that is configured in two steps:
///
/// ```
/// # use std::rc::Rc;
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::specialize::Specialize;
/// # struct Mine;
/// # impl Specialize for Mine {
/// #     type Plan = ();
/// #     fn plan(_: &[u8]) -> Result<(), ConfigError> { Ok(()) }
/// #     fn start(_: Rc<()>) -> Result<Self, ConfigError> { Ok(Self) }
/// # }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// proxy_filter::http_filter!(Mine: StreamEnd; Specialize);
/// ```
///
/// ```compile_fail
/// # use std::rc::Rc;
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::specialize::Specialize;
/// # struct Mine;
/// # impl Specialize for Mine {
/// #     type Plan = ();
/// #     fn plan(_: &[u8]) -> Result<(), ConfigError> { Ok(()) }
/// #     fn start(_: Rc<()>) -> Result<Self, ConfigError> { Ok(Self) }
/// # }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Mine { fn on_stream_end(&self, _: &mut ()) {} }
/// proxy_filter::http_filter!(Mine: StreamEnd);
/// ```
struct TwoSteps;

/// So it is for TCP:
///
/// ```
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Mine { type Connection = (); }
/// # impl OnConnectionEnd for Mine { fn on_connection_end(&self, _: &mut ()) {} }
/// # impl OnUpstreamData for Mine {
/// #     fn on_upstream_data(&self, _: &mut (), _: &mut Chunk) -> Result<TcpFlow, HostError> { Ok(TcpFlow::Continue) }
/// # }
/// proxy_filter::tcp_filter!(Mine: ConnectionEnd, UpstreamData);
/// ```
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Mine { type Connection = (); }
/// # impl OnConnectionEnd for Mine { fn on_connection_end(&self, _: &mut ()) {} }
/// # impl OnUpstreamData for Mine {
/// #     fn on_upstream_data(&self, _: &mut (), _: &mut Chunk) -> Result<TcpFlow, HostError> { Ok(TcpFlow::Continue) }
/// # }
/// proxy_filter::tcp_filter!(Mine: ConnectionEnd);
/// ```
struct Tcp;
