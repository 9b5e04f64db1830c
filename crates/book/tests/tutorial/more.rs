//! What else a filter needs.

#[path = "../../examples/take_orders.rs"]
mod take_orders;

use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

const CONFIGURATION: &str = r#"{"least": 1, "most": 10}"#;

/// Starts both services, and says how many are left.
fn services_have(proxy: &Proxy, left: &str) {
    proxy.service("accounts", Service::Http(Response::new(200)));
    proxy.service("stock", Service::Http(Response::new(200).body(&[left])));
}

fn order(parts: &[&str]) -> Request {
    Request::post("/", parts)
}

filter_test! {
    http take_orders::TakeOrders => "tests/take_orders";

    fn an_order_that_is_in_stock_passes(proxy) {
        services_have(proxy, r#"{"left": 3}"#);
        let plugin = proxy.load(CONFIGURATION);
        let exchange = plugin.send(order(&["{\"cou", "nt\": 3}"]));
        exchange.expect_status(200).expect_upstream_body(r#"{"count": 3}"#);
        for service in ["accounts", "stock"] {
            assert_eq!(proxy.calls_to(service).len(), 1, "{service}");
        }
    }

    fn a_reply_has_headers(proxy) {
        services_have(proxy, r#"{"left": 3}"#);
        let exchange = proxy.load(CONFIGURATION).send(order(&[r#"{"count": 4}"#]));
        exchange.expect_status(409).expect_header("x-left", &["3"]).expect_header("retry-after", &["3600"]);
    }

    fn wrong_orders_are_refused(proxy) {
        services_have(proxy, r#"{"left": 30}"#);
        let plugin = proxy.load(CONFIGURATION);
        let long = "x".repeat(1025);
        for (body, status) in [(r#"{"count": 11}"#, 422), (r#"{"count": 0}"#, 422), ("[", 400), (&long, 413)] {
            plugin.send(order(&[body])).expect_status(status);
        }
        let exchange = plugin.send(order(&[r#"{"count": "3"}"#]));
        assert!(exchange.body().starts_with("count: invalid type: string"), "{exchange}");
    }

    fn a_service_that_is_down_is_no_denial(proxy) {
        proxy.service("accounts", Service::Down);
        proxy.service("stock", Service::Http(Response::new(200).body(&[r#"{"left": 3}"#])));
        let exchange = proxy.load(CONFIGURATION).send(order(&[r#"{"count": 1}"#]));
        exchange.expect_status(503).expect_body("try again\n").expect_unreached();
    }

    fn a_request_without_a_body_is_refused(proxy) {
        services_have(proxy, r#"{"left": 3}"#);
        let plugin = proxy.load(CONFIGURATION);
        for request in [Request::get("/"), order(&[])] {
            plugin.send(request).expect_status(400).expect_body("the order is missing\n").expect_unreached();
        }
        assert!(proxy.calls_to("stock").is_empty());
    }

    // The page says so.
    fn a_request_with_trailers_and_no_body_is_refused(proxy) {
        services_have(proxy, r#"{"left": 3}"#);
        let exchange = proxy.load(CONFIGURATION).send(order(&[]).trailer("x-a", "1"));
        exchange.expect_status(400).expect_cut();
    }

    // ANCHOR: labels
    fn refused_orders_are_counted_by_reason(proxy) {
        services_have(proxy, r#"{"left": 3}"#);
        let plugin = proxy.load(CONFIGURATION);
        proxy.reset_metrics();
        plugin.send(order(&[r#"{"count": 4}"#])).expect_status(409);
        plugin.send(order(&[r#"{"count": 5}"#])).expect_status(409);
        proxy.service("accounts", Service::Http(Response::new(404)));
        plugin.send(order(&[r#"{"count": 1}"#])).expect_status(403).expect_unreached();
        plugin.expect_metric("take_orders.refused.reason.stock", 2);
        plugin.expect_metric("take_orders.refused.reason.account", 1);
    }
    // ANCHOR_END: labels

    // ANCHOR: log
    fn an_unknown_stock_is_logged(proxy) {
        services_have(proxy, "none");
        let plugin = proxy.load(CONFIGURATION);
        plugin.send(order(&[r#"{"count": 1}"#])).expect_status(503).expect_unreached();
        plugin.expect_log("Warn: the stock is unknown: expected ident at line 1 column 2");
        proxy.service("stock", Service::Http(Response::new(404)));
        plugin.send(order(&[r#"{"count": 1}"#])).expect_status(503).expect_unreached();
        plugin.expect_log("Warn: the stock is unknown: status 404");
    }
    // ANCHOR_END: log

    // ANCHOR: fields
    fn a_range_without_numbers_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"least": 5, "most": 4}"#);
        assert!(reason.contains("most: 4 is less than `least`, which is 5"), "{reason}");
    }
    // ANCHOR_END: fields
}
