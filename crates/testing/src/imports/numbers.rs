//! What the ABI's numbers mean; one that means nothing is a bad argument.

use proxy_filter::log::Level;
use proxy_filter::sys::{Buffer, HostError, Map, Metric, Side};

pub(super) fn level_of(number: u32) -> Result<Level, HostError> {
    [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Critical]
        .into_iter()
        .find(|level| *level as u32 == number)
        .ok_or(HostError::BadArgument)
}

pub(super) fn metric_of(number: u32) -> Result<Metric, HostError> {
    let all = [Metric::Counter, Metric::Gauge, Metric::Histogram];
    all.into_iter().find(|kind| *kind as u32 == number).ok_or(HostError::BadArgument)
}

pub(super) fn side_of(number: u32) -> Result<Side, HostError> {
    let all = [Side::Request, Side::Response, Side::Downstream, Side::Upstream];
    all.into_iter().find(|side| *side as u32 == number).ok_or(HostError::BadArgument)
}

pub(super) fn map_of(number: u32) -> Result<Map, HostError> {
    let all = [
        Map::RequestHeaders,
        Map::RequestTrailers,
        Map::ResponseHeaders,
        Map::ResponseTrailers,
        Map::GrpcInitialMetadata,
        Map::GrpcTrailingMetadata,
        Map::HttpCallResponseHeaders,
        Map::HttpCallResponseTrailers,
    ];
    all.into_iter().find(|map| *map as u32 == number).ok_or(HostError::BadArgument)
}

pub(super) fn buffer_of(number: u32) -> Result<Buffer, HostError> {
    let all = [
        Buffer::RequestBody,
        Buffer::ResponseBody,
        Buffer::DownstreamData,
        Buffer::UpstreamData,
        Buffer::HttpCallResponseBody,
        Buffer::GrpcReceiveBuffer,
        Buffer::VmConfiguration,
        Buffer::PluginConfiguration,
    ];
    all.into_iter().find(|buffer| *buffer as u32 == number).ok_or(HostError::BadArgument)
}
