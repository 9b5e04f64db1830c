//! A request with its response, the bytes of a connection, and the expectations of a test on them.

use std::fmt;

use proxy_model::{Headers, Request};

use crate::diff::diff;
use crate::log::Log;

/// A request and its response, after they passed through the filter. A failed expectation shows the whole exchange as a
/// diff: expected lines have a minus, actual lines a plus. Below are the last lines that the filter logged.
#[derive(Clone, Debug)]
pub struct Exchange {
    messages: proxy_model::Exchange,
    log: Log,
}

impl Exchange {
    pub(crate) fn new(messages: proxy_model::Exchange, log: Log) -> Self {
        Self { messages, log }
    }

    /// Returns the request as it reached the upstream, and the response as it reached the client.
    pub fn messages(&self) -> &proxy_model::Exchange {
        &self.messages
    }

    /// Returns the response's status.
    pub fn status(&self) -> u16 {
        self.messages.response.status()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &Headers {
        &self.messages.response.headers
    }

    /// Returns every value of a response header.
    pub fn header(&self, name: &str) -> Vec<String> {
        self.headers().values(name)
    }

    /// Returns the response's body.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.messages.response.body.concat()).into_owned()
    }

    /// Returns whether the upstream received the request.
    pub fn reached_upstream(&self) -> bool {
        self.messages.upstream.is_some()
    }

    /// Returns the target that the upstream received. Empty if the request did not reach it.
    pub fn upstream_path(&self) -> String {
        self.upstream_headers().values(":path").concat()
    }

    /// Returns the headers that the upstream received. Empty if the request did not reach it.
    pub fn upstream_headers(&self) -> Headers {
        self.messages.upstream.as_ref().map(|request| request.headers.clone()).unwrap_or_default()
    }

    /// Returns every value of a header that the upstream received. Empty if the request did not reach it.
    pub fn upstream_header(&self, name: &str) -> Vec<String> {
        self.upstream_headers().values(name)
    }

    /// Expects a status.
    ///
    /// # Panics
    /// The status differs.
    #[track_caller]
    pub fn expect_status(&self, status: u16) -> &Self {
        self.expect(|expected| set(&mut expected.response.headers, ":status", &[&status.to_string()]))
    }

    /// Expects exactly these values of a response header.
    ///
    /// # Panics
    /// The values differ.
    #[track_caller]
    pub fn expect_header(&self, name: &str, values: &[&str]) -> &Self {
        self.expect(|expected| set(&mut expected.response.headers, name, values))
    }

    /// Expects a body. Its parts do not matter.
    ///
    /// # Panics
    /// The body differs.
    #[track_caller]
    pub fn expect_body(&self, body: &str) -> &Self {
        self.expect(|expected| expected.response.body = vec![body.into()])
    }

    /// Expects exactly these values of a response trailer.
    ///
    /// # Panics
    /// The values differ.
    #[track_caller]
    pub fn expect_trailer(&self, name: &str, values: &[&str]) -> &Self {
        self.expect(|expected| set(&mut expected.response.trailers, name, values))
    }

    /// Expects that no part of the request reached the upstream.
    ///
    /// A filter that replies in a body phase cannot promise that: the headers have been passed on. Then this fails in the
    /// model, and [`expect_cut`](Self::expect_cut) is the right expectation. Envoy's run cannot tell, because it depends on
    /// the connection to the upstream.
    ///
    /// # Panics
    /// The request, or perhaps a part of it, reached the upstream.
    #[track_caller]
    pub fn expect_unreached(&self) -> &Self {
        self.expect(|expected| (expected.upstream, expected.is_cut) = (None, false))
    }

    /// Expects that the upstream did not receive the whole request. It may have received the headers and a part of the body.
    ///
    /// # Panics
    /// The whole request reached the upstream.
    #[track_caller]
    pub fn expect_cut(&self) -> &Self {
        self.expect(|expected| expected.upstream = None)
    }

    /// Expects the upstream to receive this target.
    ///
    /// # Panics
    /// The target differs, or the request did not reach the upstream.
    #[track_caller]
    pub fn expect_upstream_path(&self, path: &str) -> &Self {
        self.expect_upstream_header(":path", &[path])
    }

    /// Expects exactly these values of a header at the upstream.
    ///
    /// # Panics
    /// The values differ, or the request did not reach the upstream.
    #[track_caller]
    pub fn expect_upstream_header(&self, name: &str, values: &[&str]) -> &Self {
        self.expect(|expected| set(&mut at_upstream(expected).headers, name, values))
    }

    /// Expects a body at the upstream. Its parts do not matter.
    ///
    /// # Panics
    /// The body differs, or the request did not reach the upstream.
    #[track_caller]
    pub fn expect_upstream_body(&self, body: &str) -> &Self {
        self.expect(|expected| at_upstream(expected).body = vec![body.into()])
    }

    /// Expects exactly these values of a trailer at the upstream.
    ///
    /// # Panics
    /// The values differ, or the request did not reach the upstream.
    #[track_caller]
    pub fn expect_upstream_trailer(&self, name: &str, values: &[&str]) -> &Self {
        self.expect(|expected| set(&mut at_upstream(expected).trailers, name, values))
    }

    /// Compares the exchange with a copy that `change` has edited to match the expectation.
    #[track_caller]
    fn expect(&self, change: impl FnOnce(&mut proxy_model::Exchange)) -> &Self {
        let mut expected = self.messages.clone();
        change(&mut expected);
        let (expected, found) = (expected.to_string(), self.to_string());
        assert!(expected == found, "expected (-), found (+)\n{}{}", diff(&expected, &found), self.log);
        self
    }
}

/// Returns the request at the upstream. Empty if it did not reach the upstream.
fn at_upstream(exchange: &mut proxy_model::Exchange) -> &mut Request {
    let unreached = || Request { headers: Headers::default(), ..Request::get("") };
    exchange.upstream.get_or_insert_with(unreached)
}

/// Sets the values of a header, unless it has them already.
fn set(headers: &mut Headers, name: &str, values: &[&str]) {
    if headers.values(name) != values {
        headers.remove(name.as_bytes());
        values.iter().for_each(|value| headers.append(name, value));
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.messages.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Weak;

    use proxy_model::{Responder, Response};

    use super::*;

    fn exchange() -> Exchange {
        let upstream = Some(Request::get("/").header("x-a", "1"));
        let response = Response::new(200).body(&["yes"]);
        let responder = Responder::Upstream;
        let messages = proxy_model::Exchange { upstream, is_cut: false, response, responder };
        Exchange::new(messages, Log::Model(Weak::new()))
    }

    fn message(check: fn(&Exchange)) -> String {
        let payload = std::panic::catch_unwind(|| check(&exchange())).unwrap_err();
        payload.downcast_ref::<String>().cloned().unwrap_or_default()
    }

    #[test]
    fn matching_expectations_pass() {
        exchange().expect_status(200).expect_body("yes").expect_header("x-a", &[]);
        exchange().expect_upstream_path("/").expect_upstream_header("x-a", &["1"]);
    }

    #[test]
    fn failures_show_the_exchange_as_a_diff() {
        let message = message(|exchange| _ = exchange.expect_upstream_header("x-a", &["2"]));
        assert_eq!(
            message,
            "expected (-), found (+)\n  upstream:\n    :method: GET\n    :authority: a.example\n    :path: /\n\
             -   x-a: 2\n+   x-a: 1\n  response:\n    :status: 200\n    body: yes\n\
             the filter has logged nothing"
        );
    }
}
