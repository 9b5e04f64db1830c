//! Answers of single calls.

use proxy_filter::HostError;

use crate::table::Table;

/// A call as the page has it, and the probe's row.
type Row = (&'static str, &'static str);

const SHARED_DATA: [Row; 11] = [
    ("get an absent key", "shared data | get, absent"),
    ("set an absent key with any compare-and-swap number", "shared data | set with cas 7, absent"),
    ("set with the number 0", "shared data | set with cas 0"),
    ("set with the number of an older value", "shared data | set with the old cas"),
    ("set with the current number", "shared data | set with the right cas"),
    ("set no bytes", "shared data | set empty"),
    ("get after setting no bytes", "shared data | get, empty"),
    ("set after that, with an older number", "shared data | set on the empty with the old cas"),
    ("set after that, with the current number", "shared data | set on the empty with its cas"),
    ("set with an empty key", "shared data | set with no key"),
    ("get with an empty key", "shared data | get with no key"),
];

const QUEUES: [Row; 12] = [
    ("resolve a name before it is registered", "queues | resolve before registering"),
    ("register", "queues | register"),
    ("register again", "queues | register again"),
    ("register without a name", "queues | register without a name"),
    ("resolve", "queues | resolve"),
    ("resolve with another VM's id", "queues | resolve in another VM"),
    ("dequeue from an empty queue", "queues | dequeue, empty"),
    ("enqueue no bytes", "queues | enqueue an empty item"),
    ("dequeue that", "queues | dequeue the empty item"),
    ("enqueue to an unknown queue", "queues | enqueue to an unknown queue"),
    ("dequeue from an unknown queue", "queues | dequeue from an unknown queue"),
    ("resolve an unknown name", "queues | resolve another name"),
];

const METRICS: [Row; 17] = [
    ("define a metric again", "metrics | define_metric(0) again"),
    ("whether it has the same number then: 0 is no", "metrics | counter: the same number again"),
    ("define one without a name", "metrics | define_metric(0, )"),
    ("define one of an unknown kind", "metrics | define_metric(99)"),
    ("increment a counter by 5", "metrics | counter: increment by 5"),
    ("increment a counter by 0", "metrics | counter: increment by 0"),
    ("increment a counter by -2", "metrics | counter: increment by -2"),
    ("record 7 on a counter of 5", "metrics | counter: record 7"),
    ("get that counter", "metrics | counter: get after 7"),
    ("increment a gauge by -2", "metrics | gauge: increment by -2"),
    ("record on a gauge", "metrics | gauge: record 7"),
    ("record on a histogram", "metrics | histogram: record 7"),
    ("increment a histogram", "metrics | histogram: increment by 5"),
    ("get a histogram", "metrics | histogram: get"),
    ("increment an unknown metric", "metrics | increment_metric(99999)"),
    ("record on an unknown metric", "metrics | record_metric(99999)"),
    ("get an unknown metric", "metrics | get_metric(99999)"),
];

const STREAMS: [Row; 14] = [
    ("open a stream to a cluster that does not exist", "request headers | grpc_stream(no such cluster)"),
    ("open one with a malformed `GrpcService`", "request headers | grpc_stream(rubbish)"),
    ("send", "request headers | grpc_send"),
    ("send no bytes", "request headers | grpc_send, empty"),
    ("cancel", "request headers | grpc_cancel of a stream"),
    ("cancel again", "request headers | grpc_cancel of a stream again"),
    ("send after cancelling", "request headers | grpc_send after cancelling"),
    ("close", "request headers | grpc_close of a stream"),
    ("cancel after closing", "request headers | grpc_cancel after closing"),
    ("send on a unary call", "request headers | grpc_send on a call"),
    ("close a unary call", "request headers | grpc_close of a call"),
    ("cancel in the end's callback", "grpc end, status 9 | grpc_cancel of the ended stream"),
    ("send on an unknown stream", "request headers | grpc_send(99)"),
    ("close an unknown stream", "request headers | grpc_close(99)"),
];

const CALLS: [Row; 15] = [
    ("HTTP call to a cluster that does not exist", "request headers | http_call(no such cluster)"),
    ("HTTP call without a cluster", "request headers | http_call(no cluster)"),
    ("HTTP call without `:method`", "request headers | http_call(without :method)"),
    ("HTTP call without `:path`", "request headers | http_call(without :path)"),
    ("HTTP call without `:authority`", "request headers | http_call(without :authority)"),
    ("HTTP call with malformed headers", "request headers | http_call(malformed headers)"),
    ("gRPC call to a cluster that does not exist", "request headers | grpc_call(no such cluster)"),
    ("gRPC call without a cluster", "request headers | grpc_call(no cluster)"),
    ("gRPC call with a malformed `GrpcService`", "request headers | grpc_call(rubbish)"),
    ("cancel a gRPC call twice", "request headers | grpc_cancel again"),
    ("cancel an unknown call", "request headers | grpc_cancel(99)"),
    ("set an unknown context", "request headers | set_effective_context(99)"),
    ("call an unknown foreign function", "request headers | call_foreign_function(nonsense)"),
    ("get an attribute without a name", "request headers | get_property()"),
    ("get an unknown attribute", "request headers | get_property(nonsense)"),
];

/// Shows an answer: the name of its status, or whether a call that reads returned bytes.
pub(super) fn shown(call: &str, answer: &str) -> String {
    if let Some(status) = answer.strip_prefix("status ") {
        let status: u32 = status.parse().expect("a status");
        return format!("{:?}", HostError::from_status(status).expect("an error"));
    }
    if call.starts_with("get") && answer == "ok ``" { "empty".to_owned() } else { "ok".to_owned() }
}

/// Writes answers that do not depend on the phase.
pub(super) fn section(http: &Table) -> String {
    let tables = [
        table("Shared data", http, &SHARED_DATA),
        table("Queues", http, &QUEUES),
        table("Metrics", http, &METRICS),
        table("gRPC streams", http, &STREAMS),
        table("Calls that cannot be made, and unknown names", http, &CALLS),
    ];
    format!("\n## Arguments at the edge\n{}", tables.concat())
}

fn table(title: &str, http: &Table, rows: &[Row]) -> String {
    let row = |(name, row): &Row| {
        let answer = http.answer(row).unwrap_or_else(|| panic!("the probe has no row `{row}`"));
        let shown = match answer.strip_prefix("ok ") {
            Some("``") => "ok, no bytes".to_owned(),
            Some(_) => answer.to_owned(),
            None => shown(name, answer),
        };
        format!("| {name} | {shown} |\n")
    };
    format!("\n### {title}\n\n| | |\n|---|---|\n{}", rows.iter().map(row).collect::<String>())
}
