//! Bodies that are JSON.

use serde::de::DeserializeOwned;

use super::body::{Body, BodyPhase, Collected};
use crate::config;
use crate::sys::HostError;

/// What [`Body::collect_json`] has collected so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectedJson<T> {
    /// The body is not complete. The phase is called again with the next part.
    Pending,
    /// The whole body.
    Complete(T),
    /// The body exceeds the limit: see [`Collected::TooLarge`].
    TooLarge,
    /// The body is not JSON, or not a `T`. The reason is one line, with the path of the value or the place in the text. It may
    /// quote the body.
    Invalid(String),
}

impl<K: BodyPhase> Body<K> {
    /// [Collects](Self::collect) a body of at most `limit` bytes, and reads it as JSON into a type that derives
    /// `Deserialize`. The body itself stays as it is.
    ///
    /// ```
    /// # use proxy_filter::http::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// #[derive(serde::Deserialize)]
    /// struct Order {
    ///     count: u32,
    /// }
    ///
    /// # let exchange = filter_fn::on_request_body(Request::post("/", &["{\"cou", "nt\": 30}"]), |body| {
    /// # let flow: Result<Flow, HostError> =
    /// Ok(match body.collect_json::<Order>(1024)? {
    ///     CollectedJson::Complete(order) if order.count > 20 => Flow::Reply(Reply::new(422)),
    ///     CollectedJson::Complete(_) | CollectedJson::Pending => Flow::Continue,
    ///     CollectedJson::TooLarge => Flow::Reply(Reply::new(413)),
    ///     CollectedJson::Invalid(reason) => Flow::Reply(Reply::new(400).body(reason)),
    /// })
    /// # ;
    /// # flow
    /// # });
    /// # assert_eq!(exchange.response.status(), 422);
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn collect_json<T: DeserializeOwned>(&mut self, limit: usize) -> Result<CollectedJson<T>, HostError> {
        Ok(match self.collect(limit)? {
            Collected::Pending => CollectedJson::Pending,
            Collected::TooLarge => CollectedJson::TooLarge,
            Collected::Complete(bytes) => match config::value_from_json(&bytes) {
                Ok(value) => CollectedJson::Complete(value),
                Err(reason) => CollectedJson::Invalid(reason.to_string()),
            },
        })
    }
}
