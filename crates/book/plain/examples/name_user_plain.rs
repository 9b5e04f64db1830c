//! Calls a service to learn whose key a request has, and tells the upstream.
#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| -> Box<dyn HttpContext> { Box::new(NameUser) });
}}

struct NameUser;

impl HttpContext for NameUser {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let Some(key) = self.get_http_request_header("x-key") else {
            self.send_http_response(401, vec![], Some(b"a key is missing\n"));
            return Action::Pause;
        };
        let headers =
            vec![(":method", "GET"), (":path", "/user"), (":authority", "users.example"), ("x-key", &key)];
        let timeout = Duration::from_millis(500);
        if let Err(status) = self.dispatch_http_call("users", headers, None, vec![], timeout) {
            log::warn!("cannot ask: {status:?}");
            self.send_http_response(503, vec![], Some(b"try again\n"));
        }
        Action::Pause
    }
}

impl Context for NameUser {
    fn on_http_call_response(&mut self, _: u32, headers: usize, _: usize, _: usize) {
        if headers == 0 {
            self.send_http_response(503, vec![], Some(b"try again\n"));
            return;
        }
        let status = self.get_http_call_response_header(":status");
        match (status.as_deref(), self.get_http_call_response_header("x-user")) {
            (Some("200"), Some(user)) => {
                self.set_http_request_header("x-user", Some(&user));
                self.resume_http_request();
            }
            (Some("404"), _) => self.send_http_response(403, vec![], Some(b"unknown key\n")),
            _ => self.send_http_response(503, vec![], Some(b"try again\n")),
        }
    }
}
