//! Rewrites the path by a regex that is compiled once, when the plugin starts.
#![cfg(target_arch = "wasm32")]

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use regex::Regex;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::<Root>::default() });
}}

#[derive(Default)]
struct Root {
    regex: Option<Rc<Regex>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        self.regex = Regex::new("banana/([0-9]*)").ok().map(Rc::new);
        self.regex.is_some()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        self.regex.clone().map(|regex| -> Box<dyn HttpContext> { Box::new(Stream { regex }) })
    }
}

struct Stream {
    regex: Rc<Regex>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        if let Some(path) = self.get_http_request_header(":path") {
            let rewritten = self.regex.replace_all(&path, "status/$1");
            self.set_http_request_header(":path", Some(&rewritten));
        }
        Action::Continue
    }
}
