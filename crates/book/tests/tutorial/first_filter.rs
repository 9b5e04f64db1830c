//! The filter of `first-filter.md`.

#[path = "../../examples/greet.rs"]
mod greet;

use proxy_filter_test::{Request, filter_test};

filter_test! {
    http greet::Greeter => "tests/greet";

    fn every_response_gets_the_header(proxy) {
        proxy.load("world!").send(Request::get("/")).expect_header("hello", &["world!"]);
    }
}
