//! Leases: tokens that a worker takes in advance.

use std::time::Duration;

use proxy_filter_test::{Request, filter_test};
use rate_limit::RateLimit;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn leases_allow_no_more_and_strand_tokens_on_other_workers(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 6, "period": "1h", "burst": 6, "lease": 4}]}"#,
        );
        let on = |worker: usize| plugin.send_on_worker(worker, &Request::get("/")).status();
        assert_eq!([on(0), on(1), on(1), on(1)], [200, 200, 200, 429], "the first worker holds two of its four");
        assert_eq!([on(0), on(0), on(0), on(0)], [200, 200, 200, 429]);
        proxy.advance(Duration::from_secs(600));
        assert_eq!([on(1), on(0)], [200, 429]);
    }

    fn clients_whose_leases_collide_share_no_tokens_and_lose_none(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"header": "x-client"}], "limit": 10, "period": "1h", "lease": 10, "slots": 32768}]}"#,
        );
        let clients: Vec<_> = (0..120).map(|client| Request::get("/").header("x-client", client.to_string())).collect();
        let is_limited = |request: &Request| plugin.send_on_worker(0, request).status() != 200;
        for turn in 0..10 {
            assert_eq!(clients.iter().filter(|client| is_limited(client)).count(), 0, "turn {turn}");
        }
        assert!(clients.iter().all(is_limited));
    }
}
