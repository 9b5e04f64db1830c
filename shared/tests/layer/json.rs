//! Bodies that are JSON.

use proxy_filter_test::{Request, Response, filter_test};

#[path = "../../examples/check_orders.rs"]
mod check_orders;

filter_test! {
    http check_orders::CheckOrders => "tests/check_orders";

    fn a_body_that_is_accepted_passes_as_it_is(proxy) {
        let plugin = proxy.load("");
        for parts in [[r#"{"item": "tea", "count": 3, "note": 1}"#].as_slice(), &[r#"{"item": "te"#, r#"a", "count": 3}"#]] {
            plugin.send(Request::post("/", parts)).expect_status(200).expect_upstream_body(&parts.concat());
        }
    }

    fn a_body_that_the_filter_refuses(proxy) {
        let plugin = proxy.load("");
        let order = Request::post("/", &[r#"{"item": "tea", "#, r#""count": 21}"#]);
        plugin.send(order).expect_status(422).expect_body("at most 20 of tea\n");
    }

    fn a_body_that_is_too_long(proxy) {
        let plugin = proxy.load("");
        let long = "x".repeat(65);
        plugin.send(Request::post("/", &[&long])).expect_status(413);
    }

    fn a_body_that_does_not_fit(proxy) {
        let plugin = proxy.load("");
        for (body, reason) in [
            (r#"{"item": "tea", "count": "3"}"#, "count: invalid type: string \"3\", expected a whole number up to 4294967295, without quotes\n"),
            (r#"{"item": "tea"}"#, "missing field `count`\n"),
            ("[1", "not valid JSON: EOF while parsing a list at line 1 column 2\n"),
        ] {
            plugin.send(Request::post("/", &[body])).expect_status(400).expect_body(reason);
        }
    }

    fn trailers_take_the_place_of_a_body(proxy) {
        let order = Request::post("/", &[]).trailer("x-a", "1");
        proxy.load("").send(order).expect_status(400).expect_cut();
    }

    fn a_response(proxy) {
        for (body, expected) in [
            ([r#"{"code": 7, "#, r#""trace": "secret"}"#], "error 7\n"),
            (["not JSON ", "at all"], ""),
        ] {
            let plugin = proxy.load("").upstream(Response::new(500).body(&body));
            plugin.send(Request::get("/")).expect_status(500).expect_body(expected);
        }
        let plugin = proxy.load("").upstream(Response::new(200).body(&[r#"{"code": 7}"#]));
        plugin.send(Request::get("/")).expect_status(200).expect_body(r#"{"code": 7}"#);
    }
}
