//! Compares the model with a real Envoy: the probe's rows, and exchanges in which it runs commands. Envoy's rows are also the
//! book's table of hostcalls.

mod commands;
mod table;
mod table_of_hostcalls;

use std::sync::LazyLock;
use std::time::Duration;

use proxy_filter_test::{Chain, Proxy, Request, Response, Service, envoy_test, report};
use table::Table;

/// With fewer rows, part of the comparison is missing. There are 8,697 for HTTP and 3,083 for TCP.
const FEWEST_HTTP_ROWS: usize = 7_000;
const FEWEST_TCP_ROWS: usize = 2_500;

/// The time after which the probe's plugin has ticked.
const TICK: Duration = Duration::from_millis(300);

/// What a real Envoy does. Several tests read it.
static HTTP_IN_ENVOY: LazyLock<Table> = LazyLock::new(|| http(&Proxy::envoy("tests/probe", Chain::Http)));
static TCP_IN_ENVOY: LazyLock<Table> = LazyLock::new(|| tcp(&Proxy::envoy("tests/probe", Chain::Tcp)));

envoy_test! {
    fn the_model_responds_to_http_filters_as_envoy_does() {
        compare("HTTP", &HTTP_IN_ENVOY, http, FEWEST_HTTP_ROWS);
    }
}

envoy_test! {
    fn the_model_responds_to_tcp_filters_as_envoy_does() {
        compare("TCP", &TCP_IN_ENVOY, tcp, FEWEST_TCP_ROWS);
    }
}

envoy_test! {
    fn the_book_has_envoys_answers() {
        table_of_hostcalls::expect_page(&HTTP_IN_ENVOY, &TCP_IN_ENVOY);
    }
}

fn compare(what: &str, envoy: &LazyLock<Table>, observe: fn(&Proxy) -> Table, fewest_rows: usize) {
    let model = observe(&Proxy::wasm("tests/probe"));
    let differences = envoy.differences(&model);
    report(&format!("conformance, {what}: {} rows, {} differ", envoy.len(), differences.len()));
    assert!(envoy.len() >= fewest_rows, "only {} rows", envoy.len());
    assert!(differences.is_empty(), "- Envoy\n+ model\n{}", differences.join("\n"));
}

fn services(proxy: &Proxy) {
    proxy.service("http", Service::Http(Response::new(200).header("x-probe", "called").body(&["body"])));
    proxy.service("grpc", Service::Grpc(b"message".to_vec()));
    proxy.service("talk", Service::GrpcStream(vec![b"message".to_vec()], 9));
}

fn http(proxy: &Proxy) -> Table {
    services(proxy);
    proxy.service("ends", Service::GrpcStatus(8));
    proxy.service("down", Service::Down);
    let response = Response::new(200)
        .header("x-probe", "four")
        .header("x-probe", "five")
        .header("x-probe-empty", "")
        .body(&["abc", "def"]);
    let request = Request::post("/observe?a=b", &["abc", "def"])
        .header("x-probe", "one")
        .header("x-probe", "two")
        .header("x-probe-empty", "")
        .from("127.0.0.1");

    let holding = request.clone().path("/observe?hold").trailer("x-probe", "three");

    proxy.expect_trap();
    let plugin = proxy.load("configuration").upstream(response.clone());
    proxy.wait(TICK);
    plugin.send(request.clone());
    let plugin = plugin.upstream(response.trailer("x-probe", "six"));
    plugin.send(request.trailer("x-probe", "three"));
    plugin.send(holding);
    table::wait_for_row(&plugin, "deleted, after holding");
    let mut table = Table::of_log(&plugin.logs());
    table.extend(commands::all(&plugin.upstream(commands::response())));
    table
}

fn tcp(proxy: &Proxy) -> Table {
    services(proxy);
    let plugin = proxy.load("configuration").upstream_sends(&[b"answer"]);
    proxy.wait(TICK);
    plugin.send_tcp(&[b"abc"]);
    table::wait_for_row(&plugin, "deleted");
    Table::of_log(&plugin.logs())
}
