//! Makes the hostcalls of the table, except calls to other services.

use crate::answer::Answer;
use crate::callouts;
use crate::hostcalls::*;
use crate::row::row;

/// A number that is not a valid map, buffer, side, metric, queue, context or token.
const NONE: u32 = 99;

/// Headers for which a host may keep only a single value.
const OFTEN_SINGLE: [&str; 37] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "forwarded",
    "grpc-message",
    "grpc-status",
    "grpc-timeout",
    "location",
    "origin",
    "referer",
    "server",
    "set-cookie",
    "user-agent",
    "vary",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-original-path",
    "x-envoy-upstream-service-time",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-powered-by",
    "x-real-ip",
    "x-request-id",
];

/// Makes calls that change nothing. Runs in every phase.
pub(crate) fn in_phase(phase: &str) {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    for map in [0, 1, 2, 3, 4, 5, 6, 7, NONE] {
        row(&format!("get_header({map}, x-probe)"), get_header(map, "x-probe"));
        row(&format!("get_pairs({map})"), get_pairs(map).own_pairs());
    }
    for name in ["X-Probe", "x-probe-empty", "x-probe-none", "", "host", ":authority"] {
        row(&format!("get_header(0, {name})"), get_header(0, name));
        row(&format!("get_header(2, {name})"), get_header(2, name));
    }
    // Skips 8, the data of a foreign function: Envoy returns what was read last.
    for buffer in [0, 1, 2, 3, 4, 5, 6, 7, NONE] {
        row(&format!("get_buffer({buffer}, 0, 100)"), get_buffer(buffer, 0, 100));
    }
    for buffer in [0, 1, 2, 3, 4, 5] {
        for (start, max) in [(1, 2), (100, 2), (0, 0)] {
            row(&format!("get_buffer({buffer}, {start}, {max})"), get_buffer(buffer, start, max));
        }
    }
    for path in [
        "plugin_name",
        "plugin_root_id",
        "plugin_vm_id",
        "request.path",
        "request.url_path",
        "request.query",
        "request.host",
        "request.method",
        "request.scheme",
        "request.protocol",
        "request.headers.x-probe",
        "request.headers.x-probe-none",
        "response.code",
        "response.code_details",
        "response.flags",
        "response.headers.x-probe",
        "connection.mtls",
        "connection.requested_server_name",
        "connection.tls_version",
        "xds.route_name",
        "xds.cluster_name",
        "xds.listener_direction",
        "metadata",
        "filter_state.wasm~probe",
        "probe",
        "nonsense",
        "request.nonsense",
        "",
    ] {
        row(&format!("get_property({path})"), get_property(path));
    }
    for path in ["request.time", "request.id", "connection.id", "source.port", "destination.port"] {
        row(&format!("get_property({path})"), get_property(path).only_length());
    }
    for path in ["source.address", "destination.address", "upstream.address"] {
        row(&format!("get_property({path})"), get_property(path).without_port());
    }
    row("get_current_time()", get_current_time());
    row("get_log_level()", get_log_level());
    row("log(99)", log(NONE, "a line with an invalid level"));
    row("call_foreign_function(clear_route_cache)", call_foreign_function("clear_route_cache", b""));
    row("call_foreign_function(nonsense)", call_foreign_function("nonsense", b""));
    row("call_foreign_function()", call_foreign_function("", b""));
    row("set_effective_context(99)", set_effective_context(NONE));
    row("continue_stream(99)", continue_stream(NONE));
    row("close_stream(99)", close_stream(NONE));
    row("grpc_cancel(99)", grpc_cancel(NONE));
    row("grpc_close(99)", grpc_close(NONE));
    row("grpc_send(99)", grpc_send(NONE, "", false));
    shared_by_phases(phase);
    callouts::in_phase(phase);
}

/// Makes calls that change what belongs to the plugin or its VM: metrics, shared data, queues and ticks.
fn shared_by_phases(phase: &str) {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    let (answer, metric) = define_metric(0, "probe_phases");
    row("define_metric", answer);
    row("increment_metric", increment_metric(metric, 1));
    let (answer, metric) = define_metric(1, "probe_phase");
    row("define_metric(gauge)", answer);
    row("record_metric", record_metric(metric, 1));
    row("get_metric", get_metric(metric));
    row("set_shared_data", set_shared_data("phase", phase, 0));
    row("get_shared_data", get_shared_data("phase").0);
    let (answer, queue) = register_queue("phases");
    row("register_queue", answer);
    row("resolve_queue", resolve_queue("vm", "phases"));
    row("enqueue", enqueue(queue, phase));
    row("dequeue", dequeue(queue));
    row("set_tick_period", set_tick_period(100));
}

/// Makes calls that change headers, bodies and filter state, and then restores them.
pub(crate) fn writes(phase: &str) {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    for map in [0, 1, 2, 3, 4, 5, 6, 7, NONE] {
        row(&format!("add_header({map}, x-probe-new, 1)"), add_header(map, "x-probe-new", "1"));
        row(&format!("add_header({map}, X-Probe-New, 2)"), add_header(map, "X-Probe-New", "2"));
        row(&format!("get_pairs({map}) after adding"), get_pairs(map).own_pairs());
        row(&format!("replace_header({map}, x-probe-new, 3)"), replace_header(map, "x-probe-new", "3"));
        row(&format!("get_pairs({map}) after replacing"), get_pairs(map).own_pairs());
        row(&format!("remove_header({map}, x-probe-new)"), remove_header(map, "x-probe-new"));
        row(&format!("get_pairs({map}) after removing"), get_pairs(map).own_pairs());
        row(&format!("remove_header({map}, x-probe-none)"), remove_header(map, "x-probe-none"));
    }
    if phase.ends_with("headers") {
        let map = if phase.starts_with("request") { 0 } else { 2 };
        for name in OFTEN_SINGLE {
            remove_header(map, name);
            add_header(map, name, "1");
            add_header(map, name, "2");
            row(&format!("get_header({map}, {name}) after adding two"), get_header(map, name));
            remove_header(map, name);
        }
    }
    for buffer in [0, 1, 2, 3, 4, 5, 6, 7, NONE] {
        row(&format!("set_buffer({buffer}, 0, 0, <)"), set_buffer(buffer, 0, 0, b"<"));
        row(&format!("set_buffer({buffer}, MAX, 0, >)"), set_buffer(buffer, usize::MAX, 0, b">"));
        row(&format!("get_buffer({buffer}) after adding"), get_buffer(buffer, 0, 100));
        row(&format!("set_buffer({buffer}, 1, 1, !)"), set_buffer(buffer, 1, 1, b"!"));
        row(&format!("set_buffer({buffer}, 0, 1, !)"), set_buffer(buffer, 0, 1, b"!"));
        row(&format!("get_buffer({buffer}) after trying"), get_buffer(buffer, 0, 100));
        row(&format!("set_buffer({buffer}, 0, 100, all)"), set_buffer(buffer, 0, 100, b"all"));
        row(&format!("get_buffer({buffer}) after replacing"), get_buffer(buffer, 0, 100));
    }
    row("set_property(probe)", set_property("probe", "value"));
    row("get_property(probe) after setting", get_property("probe"));
    row("get_property(filter_state.wasm~probe) after setting", get_property("filter_state.wasm~probe"));
    row("set_property()", set_property("", "value"));
}

/// Makes calls that do not depend on the phase: metrics, shared data, queues.
pub(crate) fn once() {
    metrics();
    shared_data();
    queues();
}

fn metrics() {
    let row = |call: &str, answer: Answer| row("metrics", call, &answer);
    for (kind, name) in [(0, "counter"), (1, "gauge"), (2, "histogram"), (NONE, "nothing")] {
        let (answer, metric) = define_metric(kind, &format!("probe_{name}"));
        row(&format!("define_metric({kind})"), answer);
        let (again, other) = define_metric(kind, &format!("probe_{name}"));
        row(&format!("define_metric({kind}) again"), again);
        row(&format!("{name}: the same number again"), Answer::Number(u64::from(metric == other)));
        row(&format!("{name}: get"), get_metric(metric));
        for offset in [5, 0, -2] {
            row(&format!("{name}: increment by {offset}"), increment_metric(metric, offset));
            row(&format!("{name}: get after {offset}"), get_metric(metric));
        }
        row(&format!("{name}: record 7"), record_metric(metric, 7));
        row(&format!("{name}: get after 7"), get_metric(metric));
    }
    row("define_metric(0, )", define_metric(0, "").0);
    row("increment_metric(99999)", increment_metric(99_999, 1));
    row("record_metric(99999)", record_metric(99_999, 1));
    row("get_metric(99999)", get_metric(99_999));
}

fn shared_data() {
    let row = |call: &str, answer: Answer| row("shared data", call, &answer);
    let get = |call: &str| {
        let (answer, cas) = get_shared_data("key");
        row(call, answer);
        row(&format!("{call}: has a cas"), Answer::Number(u64::from(cas != 0)));
        cas
    };
    get("get, absent");
    row("set with cas 7, absent", set_shared_data("key", "one", 7));
    let first = get("get, one");
    row("set with cas 0", set_shared_data("key", "two", 0));
    let second = get("get, two");
    row("the cas changed", Answer::Number(u64::from(first != second)));
    row("set with the old cas", set_shared_data("key", "three", first));
    row("set with the right cas", set_shared_data("key", "three", second));
    let third = get("get, three");
    row("set empty", set_shared_data("key", "", third));
    let tombstone = get("get, empty");
    row("set on the empty with the old cas", set_shared_data("key", "four", third));
    row("set on the empty with its cas", set_shared_data("key", "four", tombstone));
    get("get, four");
    row("set with no key", set_shared_data("", "x", 0));
    row("get with no key", get_shared_data("").0);
}

fn queues() {
    let row = |call: &str, answer: Answer| row("queues", call, &answer);
    row("resolve before registering", resolve_queue("vm", "queue"));
    let (answer, queue) = register_queue("queue");
    row("register", answer);
    let (again, other) = register_queue("queue");
    row("register again", again);
    row("the same number again", Answer::Number(u64::from(queue == other)));
    row("resolve", resolve_queue("vm", "queue"));
    row("resolve in another VM", resolve_queue("other", "queue"));
    row("resolve another name", resolve_queue("vm", "other"));
    row("dequeue, empty", dequeue(queue));
    row("enqueue", enqueue(queue, "one"));
    row("enqueue an empty item", enqueue(queue, ""));
    row("dequeue", dequeue(queue));
    row("dequeue the empty item", dequeue(queue));
    row("dequeue, empty again", dequeue(queue));
    row("enqueue to an unknown queue", enqueue(99_999, "one"));
    row("dequeue from an unknown queue", dequeue(99_999));
    row("register without a name", register_queue("").0);
}
