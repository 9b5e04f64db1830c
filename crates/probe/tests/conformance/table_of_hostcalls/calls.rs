//! Tables of hostcalls by phase.

use std::collections::BTreeMap;

use super::answers::shown;
use super::phases::Phase;
use crate::table::Table;

/// A row: what is called on what, and the probe's calls, whose answers are joined if they differ.
type Row = (&'static str, &'static [&'static str]);

/// A group of rows.
struct Topic {
    title: &'static str,
    rows: &'static [Row],
}

const TOPICS: [Topic; 6] = [
    Topic {
        title: "get one header: `proxy_get_header_map_value`",
        rows: &[
            ("of the request", &["get_header(0, x-probe)"]),
            ("of the request's trailers", &["get_header(1, x-probe)"]),
            ("of the response", &["get_header(2, x-probe)"]),
            ("of the response's trailers", &["get_header(3, x-probe)"]),
            ("of an HTTP call's response", &["get_header(6, x-probe)"]),
            ("of the trailers of that response", &["get_header(7, x-probe)"]),
        ],
    },
    Topic {
        title: "get all headers: `proxy_get_header_map_pairs`",
        rows: &[
            ("of the request", &["get_pairs(0)"]),
            ("of the request's trailers", &["get_pairs(1)"]),
            ("of the response", &["get_pairs(2)"]),
            ("of the response's trailers", &["get_pairs(3)"]),
            ("of an HTTP call's response", &["get_pairs(6)"]),
            ("of the trailers of that response", &["get_pairs(7)"]),
        ],
    },
    Topic {
        title: "change headers: `proxy_add_`, `proxy_replace_`, `proxy_remove_header_map_value`",
        rows: &[
            ("of the request", &EDITS[0]),
            ("of the request's trailers", &EDITS[1]),
            ("of the response", &EDITS[2]),
            ("of the response's trailers", &EDITS[3]),
            ("of an HTTP call's response", &EDITS[4]),
        ],
    },
    Topic {
        title: "read and change buffers: `proxy_get_buffer_bytes`, `proxy_set_buffer_bytes`",
        rows: &[
            ("get the request's body", &["get_buffer(0, 0, 100)"]),
            ("set the request's body", &["set_buffer(0, 0, 100, all)"]),
            ("get the response's body", &["get_buffer(1, 0, 100)"]),
            ("set the response's body", &["set_buffer(1, 0, 100, all)"]),
            ("get downstream data", &["get_buffer(2, 0, 100)"]),
            ("set downstream data", &["set_buffer(2, 0, 100, all)"]),
            ("get upstream data", &["get_buffer(3, 0, 100)"]),
            ("set upstream data", &["set_buffer(3, 0, 100, all)"]),
            ("get the body of an HTTP call's response", &["get_buffer(4, 0, 100)"]),
            ("get the message of a gRPC call", &["get_buffer(5, 0, 100)"]),
            ("get the plugin's configuration", &["get_buffer(7, 0, 100)"]),
        ],
    },
    Topic {
        title: "attributes: `proxy_get_property`, `proxy_set_property`",
        rows: &[
            ("`plugin_name`", &["get_property(plugin_name)"]),
            (
                "`source.address`, `connection.id`",
                &["get_property(source.address)", "get_property(connection.id)"],
            ),
            (
                "`request.path`, `.method`, `.host`",
                &["get_property(request.path)", "get_property(request.method)", "get_property(request.host)"],
            ),
            ("`request.headers.x-probe`", &["get_property(request.headers.x-probe)"]),
            ("`request.id`", &["get_property(request.id)"]),
            ("`request.protocol`", &["get_property(request.protocol)"]),
            ("`request.time`", &["get_property(request.time)"]),
            ("`xds.cluster_name`", &["get_property(xds.cluster_name)"]),
            ("`upstream.address`", &["get_property(upstream.address)"]),
            ("`response.code`", &["get_property(response.code)"]),
            ("`response.headers.x-probe`", &["get_property(response.headers.x-probe)"]),
            ("set filter state", &["set_property(probe)"]),
            ("get it again", &["get_property(probe) after setting"]),
        ],
    },
    Topic {
        title: "calls that belong to the plugin, VM or host",
        rows: &[
            ("`proxy_http_call`", &["http_call"]),
            ("`proxy_http_call` to a missing cluster", &["http_call(gone)"]),
            ("`proxy_grpc_call`, `proxy_grpc_cancel`", &["grpc_call", "grpc_cancel"]),
            ("`proxy_grpc_stream`, `proxy_grpc_send`", &["grpc_stream", "grpc_send on the stream"]),
            ("`proxy_set_tick_period_milliseconds`", &["set_tick_period"]),
            (
                "`proxy_define_metric`, `_increment_`, `_record_`, `_get_`",
                &["define_metric", "increment_metric", "record_metric", "get_metric"],
            ),
            ("`proxy_set_shared_data`, `_get_`", &["set_shared_data", "get_shared_data"]),
            ("`proxy_register_shared_queue`, `_resolve_`", &["register_queue", "resolve_queue"]),
            ("`proxy_enqueue_shared_queue`, `_dequeue_`", &["enqueue", "dequeue"]),
            ("`proxy_get_current_time_nanoseconds`", &["get_current_time()"]),
            ("`proxy_get_log_level`", &["get_log_level()"]),
            (
                "`proxy_call_foreign_function`, `clear_route_cache`",
                &["call_foreign_function(clear_route_cache)"],
            ),
        ],
    },
];

const EDITS: [[&str; 3]; 5] = [
    ["add_header(0, x-probe-new, 1)", "replace_header(0, x-probe-new, 3)", "remove_header(0, x-probe-new)"],
    ["add_header(1, x-probe-new, 1)", "replace_header(1, x-probe-new, 3)", "remove_header(1, x-probe-new)"],
    ["add_header(2, x-probe-new, 1)", "replace_header(2, x-probe-new, 3)", "remove_header(2, x-probe-new)"],
    ["add_header(3, x-probe-new, 1)", "replace_header(3, x-probe-new, 3)", "remove_header(3, x-probe-new)"],
    ["add_header(6, x-probe-new, 1)", "replace_header(6, x-probe-new, 3)", "remove_header(6, x-probe-new)"],
];

/// Writes the calls in these phases, a table for each topic.
pub(super) fn section(title: &str, table: &Table, phases: &[Phase]) -> String {
    let topics = TOPICS.iter().map(|topic| of_topic(topic, table, phases));
    format!("\n## {title}\n") + &topics.collect::<String>()
}

/// Writes a topic: rows whose answer depends on the phase as a table, the others as a list.
fn of_topic(topic: &Topic, table: &Table, phases: &[Phase]) -> String {
    let (mut rows, mut everywhere) = (String::new(), BTreeMap::<String, Vec<&str>>::new());
    for (name, calls) in topic.rows {
        let cells: Vec<_> = phases.iter().map(|phase| cell(table, phase, calls)).collect();
        match cells.iter().all(|cell| *cell == cells[0] && !cell.contains(';')) {
            true => everywhere.entry(cells[0].clone()).or_default().push(name),
            false => rows += &format!("| {name} | {} |\n", cells.join(" | ")),
        }
    }
    let titles: Vec<_> = phases.iter().map(|phase| phase.title).collect();
    let head = format!("\n| | {} |\n|---|{}\n", titles.join(" | "), "---|".repeat(phases.len()));
    let rows = if rows.is_empty() { rows } else { head + &rows };
    let line = |(answer, names): (String, Vec<&str>)| format!("- {answer}: {}\n", names.join("; "));
    let everywhere = match everywhere.is_empty() {
        true => String::new(),
        false => {
            "\nThe same in all of these phases:\n\n".to_owned()
                + &everywhere.into_iter().map(line).collect::<String>()
        }
    };
    format!("\n### {}\n{rows}{everywhere}", capitalized(topic.title))
}

fn capitalized(title: &str) -> String {
    let (first, rest) = title.split_at(1);
    first.to_uppercase() + rest
}

/// Shows what the calls returned in a phase, and in which of its variants they returned something else.
fn cell(table: &Table, phase: &Phase, calls: &[&str]) -> String {
    let usual = answers(table, phase.phase, calls);
    let mut others: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, variant) in phase.variants {
        let other = answers(table, variant, calls);
        if other == usual {
            continue;
        }
        match others.iter_mut().find(|(answer, _)| *answer == other) {
            Some((_, names)) => names.push(name),
            None => others.push((other, vec![name])),
        }
    }
    let others: String =
        others.into_iter().map(|(answer, names)| format!("; {}: {answer}", names.join("; "))).collect();
    usual + &others
}

fn answers(table: &Table, phase: &str, calls: &[&str]) -> String {
    let mut all: Vec<String> = Vec::new();
    for call in calls {
        let row = format!("{phase} | {call}");
        let answer =
            shown(call, table.answer(&row).unwrap_or_else(|| panic!("the probe has no row `{row}`")));
        if !all.contains(&answer) {
            all.push(answer);
        }
    }
    all.join(" / ")
}
