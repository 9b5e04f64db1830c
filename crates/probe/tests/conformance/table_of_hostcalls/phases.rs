//! The columns of the tables: the phases in which the probe makes its calls.

/// A column of a table.
pub(super) struct Phase {
    pub(super) title: &'static str,
    /// The probe's name of the phase.
    pub(super) phase: &'static str,
    /// Other runs of the phase, and what differs there. Their answers are shown where they differ.
    pub(super) variants: &'static [(&'static str, &'static str)],
}

const fn phase(title: &'static str, phase: &'static str) -> Phase {
    Phase { title, phase, variants: &[] }
}

const fn with(mut phase: Phase, variants: &'static [(&'static str, &'static str)]) -> Phase {
    phase.variants = variants;
    phase
}

pub(super) const HTTP: [Phase; 9] = [
    phase("stream created", "stream created"),
    phase("request headers", "request headers"),
    with(
        phase("request body", "request body"),
        &[("last part", "request body, end"), ("held", "request body, part 1, held")],
    ),
    with(phase("request trailers", "request trailers"), &[("body held", "request trailers, body held")]),
    phase("response headers", "response headers"),
    with(
        phase("response body", "response body"),
        &[("last part", "response body, end"), ("held", "response body, part 3, held")],
    ),
    with(phase("response trailers", "response trailers"), &[("body held", "response trailers, body held")]),
    with(
        phase("log", "log"),
        &[("with trailers", "log, after trailers"), ("bodies held", "log, after holding")],
    ),
    with(
        phase("deleted", "deleted"),
        &[("with trailers", "deleted, after trailers"), ("bodies held", "deleted, after holding")],
    ),
];

pub(super) const PLUGIN: [Phase; 7] = [
    phase("plugin created", "plugin created"),
    phase("configure", "configure"),
    phase("tick", "tick"),
    phase("HTTP response", "http call response"),
    with(phase("gRPC message", "grpc message"), &[("of a stream", "grpc stream message")]),
    with(
        phase("gRPC end", "grpc end, status 8"),
        &[("no service", "grpc end, status 14"), ("of a stream", "grpc end, status 9")],
    ),
    phase("gRPC end, as the stream", "grpc end, as the stream"),
];

pub(super) const TCP: [Phase; 6] = [
    phase("connection created", "stream created"),
    phase("new connection", "new connection"),
    with(phase("downstream data", "downstream data"), &[("end", "downstream data, end")]),
    with(phase("upstream data", "upstream data"), &[("end", "upstream data, end")]),
    phase("log", "log"),
    phase("deleted", "deleted"),
];
