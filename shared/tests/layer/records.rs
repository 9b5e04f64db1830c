//! Metrics, shared data, attributes and ticks.

use std::time::Duration;

use proxy_filter_test::{Request, filter_test};

#[path = "../../examples/record_streams.rs"]
mod record_streams;

filter_test! {
    http record_streams::RecordStreams => "tests/record_streams";

    fn streams_are_numbered_across_all_workers(proxy) {
        let plugin = proxy.load("");
        for number in ["1", "2", "3", "4"] {
            plugin.send(Request::get("/")).expect_status(200).expect_header("x-number", &[number]);
        }
    }

    fn metrics_include_all_workers(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load("");
        for _ in 0..4 {
            plugin.send(Request::get("/"));
        }
        plugin.expect_metric("record_streams.requests", 4);
        plugin.expect_metric("record_streams.open", 0);
        plugin.expect_metric("record_streams.responses.class.2xx", 4);
        plugin.expect_metric("record_streams.responses.class.5xx", 0);
    }

    fn a_request_that_envoy_rejects_is_not_counted(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load("");
        plugin.send(Request::get("nopath")).expect_status(400).expect_unreached();
        plugin.send(Request::get("/")).expect_status(200);
        plugin.expect_metric("record_streams.requests", 1);
        plugin.expect_metric("record_streams.open", 0);
    }

    fn attributes_show_the_client(proxy) {
        let plugin = proxy.load("");
        for client in ["192.0.2.7", "2001:db8::7"] {
            plugin.send(Request::get("/").from(client)).expect_upstream_header("x-client", &[client]);
        }
    }

    fn a_tick_logs_queued_items(proxy) {
        let plugin = proxy.load("");
        plugin.send(Request::get("/a?b=c"));
        proxy.wait(Duration::from_millis(2500));
        plugin.expect_log("Info: served /a?b=c 200");
    }

    fn every_worker_continues_the_count(proxy) {
        let plugin = proxy.load("");
        plugin.send_on_worker(0, &Request::get("/")).expect_header("x-number", &["1"]);
        plugin.send_on_worker(1, &Request::get("/")).expect_header("x-number", &["2"]);
        plugin.send_on_worker(1, &Request::get("/")).expect_header("x-number", &["3"]);
    }
}

#[test]
fn counters_are_reported_in_ticks_and_when_the_plugin_is_removed() {
    let proxy = proxy_model::Proxy::new(1, proxy_model::NativeHttp::<record_streams::RecordStreams>::default);
    let requests = || proxy.metrics()["record_streams.requests"];
    let plugin = proxy.load("", "records").unwrap();
    for (reported, is_removed) in [(1, false), (2, true)] {
        _ = plugin.send(0, &Request::get("/"));
        assert_eq!(requests(), reported - 1);
        if is_removed {
            proxy.unload(&plugin)
        } else {
            proxy.tick()
        }
        assert_eq!(requests(), reported);
    }
}
