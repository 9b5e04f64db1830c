//! What became of a request, and what a test expects of it.

use std::fmt;

use proxy_model::Headers;

/// What became of a request, with checks whose failures show the whole of it.
#[derive(Clone, Debug)]
pub struct Exchange(pub(crate) proxy_model::Exchange);

impl Exchange {
    /// The response's status.
    pub fn status(&self) -> u16 {
        self.0.response.status()
    }

    /// Every value of a response header.
    pub fn header(&self, name: &str) -> Vec<String> {
        self.0.response.headers.values(name)
    }

    /// The response's body.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.0.response.body.concat()).into_owned()
    }

    /// The target that the upstream saw, empty if it saw none.
    pub fn upstream_path(&self) -> String {
        self.0.upstream_path()
    }

    /// Every value of a header that the upstream saw, none if it was not reached.
    pub fn upstream_header(&self, name: &str) -> Vec<String> {
        self.upstream_headers().values(name)
    }

    /// The headers that the upstream saw, none if it was not reached.
    pub fn upstream_headers(&self) -> Headers {
        self.0.upstream.as_ref().map(|request| request.headers.clone()).unwrap_or_default()
    }

    /// The headers of the response.
    pub fn headers(&self) -> &Headers {
        &self.0.response.headers
    }

    /// Whether the upstream saw the request.
    pub fn reached_upstream(&self) -> bool {
        self.0.upstream.is_some()
    }

    /// Expects a status.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect_status(&self, status: u16) -> &Self {
        self.expect("status", &status, &self.status())
    }

    /// Expects exactly these values of a response header.
    ///
    /// # Panics
    /// There are others.
    #[track_caller]
    pub fn expect_header(&self, name: &str, values: &[&str]) -> &Self {
        let found = self.header(name);
        self.expect(&format!("response header {name}"), &values, &found)
    }

    /// Expects exactly these values of a header at the upstream.
    ///
    /// # Panics
    /// There are others, or the upstream was not reached.
    #[track_caller]
    pub fn expect_upstream_header(&self, name: &str, values: &[&str]) -> &Self {
        assert!(self.reached_upstream(), "the upstream was not reached\n{self}");
        let found = self.upstream_header(name);
        self.expect(&format!("upstream header {name}"), &values, &found)
    }

    /// Expects the upstream to see this target.
    ///
    /// # Panics
    /// It saw another one, or none.
    #[track_caller]
    pub fn expect_upstream_path(&self, path: &str) -> &Self {
        self.expect("path at the upstream", &path, &self.upstream_path())
    }

    #[track_caller]
    fn expect<E: PartialEq<F> + fmt::Debug, F: fmt::Debug>(
        &self,
        what: &str,
        expected: &E,
        found: &F,
    ) -> &Self {
        assert!(expected == found, "{what}\n- {expected:?}\n+ {found:?}\n{self}");
        self
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
