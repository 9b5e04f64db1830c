//! Calls of which the first response is taken.

use proxy_filter_test::{Proxy, Request, Service, filter_test};

#[path = "../../examples/ask_mirrors.rs"]
mod ask_mirrors;

fn mirrors(proxy: &Proxy, east: Service, west: Service) {
    proxy.service("east", east);
    proxy.service("west", west);
}

filter_test! {
    http ask_mirrors::AskMirrors => "tests/ask_mirrors";

    fn the_first_response_cancels_the_other_call(proxy) {
        mirrors(proxy, Service::Silent, Service::Grpc(b"west".to_vec()));
        let plugin = proxy.load("");
        plugin.send(Request::get("/")).expect_status(200).expect_upstream_header("x-mirror", &["west"]);
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn eight_rounds_of_calls(proxy) {
        mirrors(proxy, Service::GrpcStatus(14), Service::Silent);
        proxy.load("").send(Request::get("/")).expect_status(503).expect_body("no mirror\n");
        assert_eq!(proxy.calls_to("east").len(), 8);
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn calls_that_cannot_be_sent(proxy) {
        proxy.load("").send(Request::get("/")).expect_status(503).expect_body("no mirror\n").expect_unreached();
    }

    fn a_client_that_leaves(proxy) {
        mirrors(proxy, Service::Silent, Service::Silent);
        let plugin = proxy.load("");
        plugin.send_and_leave(&Request::get("/"));
        assert_eq!(proxy.calls_outstanding(), 0);
    }
}
