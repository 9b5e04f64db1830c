//! Bodies and trailers.

use proxy_filter_test::{Request, Response, filter_test};

#[path = "../../examples/mask_digits.rs"]
mod mask_digits;

filter_test! {
    http mask_digits::MaskDigits => "tests/mask_digits";

    fn a_request_is_masked_part_by_part(proxy) {
        let plugin = proxy.load("64");
        let exchange = plugin.send(Request::post("/", &["pin 12", "34"]));
        exchange.expect_status(200).expect_upstream_body("pin ####");
        plugin.send(Request::post("/", &["pin 1234"])).expect_upstream_body("pin ####");
        plugin.send(Request::get("/")).expect_upstream_body("");
    }

    fn a_response_is_masked_as_a_whole(proxy) {
        for parts in [["pin 1234"].as_slice(), &["pin 12", "34"], &["pin ", "12", "34"]] {
            let plugin = proxy.load("8").upstream(Response::new(200).body(parts));
            plugin.send(Request::get("/")).expect_status(200).expect_body("pin ####");
        }
    }

    fn a_response_that_is_too_long_is_replaced(proxy) {
        for parts in [["pin 1234"].as_slice(), &["pin 1", "2", "34"]] {
            let plugin = proxy.load("5").upstream(Response::new(200).body(parts));
            plugin.send(Request::get("/")).expect_status(200).expect_body("too long to be masked\n");
        }
    }

    fn trailers_are_edited(proxy) {
        let response = Response::new(200).body(&["1"]).trailer("x-secret", "s").trailer("x-kept", "k");
        let plugin = proxy.load("64").upstream(response);
        let request = Request::post("/", &["2"]).trailer("x-secret", "s").trailer("x-kept", "k");
        plugin
            .send(request)
            .expect_upstream_body("#")
            .expect_upstream_trailer("x-secret", &[])
            .expect_upstream_trailer("x-kept", &["k"])
            .expect_body("#")
            .expect_trailer("x-secret", &[])
            .expect_trailer("x-kept", &["k"])
            .expect_trailer("x-masked", &["yes"]);
    }

    fn trailers_end_a_body_that_is_held(proxy) {
        let response = Response::new(200).body(&["pin 1", "2"]).trailer("x-secret", "s");
        let plugin = proxy.load("64").upstream(response);
        plugin.send(Request::get("/")).expect_body("pin ##").expect_trailer("x-masked", &["yes"]);
    }
}
