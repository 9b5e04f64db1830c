//! Compiles the configuration.

use std::rc::Rc;

use proxy_filter::config::ConfigError;

use crate::config::{Config, DirectionConfig, OnEmpty, OnMissing, PayloadConfig};
use crate::payload::Payload;
use crate::{Plan, PrefixPlan};

/// The text that tutorials of Proxy-Wasm filters prepend.
const DEFAULT_TEXT: &str = "prepend payload to downstream data";

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(mut config: Config) -> Result<Self, ConfigError> {
        if config.to_client.is_none() {
            config.to_upstream.get_or_insert_default();
        }
        Ok(Self {
            to_upstream: prefix(config.to_upstream, "to_upstream")?,
            to_client: prefix(config.to_client, "to_client")?,
            skips_missing: config.on_missing == OnMissing::Skip,
            sends_on_empty: config.on_empty == OnEmpty::Send,
        })
    }
}

fn prefix(
    config: Option<DirectionConfig>,
    field: &'static str,
) -> Result<Option<Rc<PrefixPlan>>, ConfigError> {
    let Some(DirectionConfig { payload, every_chunk, most_chunks }) = config else { return Ok(None) };
    let default = PayloadConfig(Payload::Fixed(DEFAULT_TEXT.into()));
    let PayloadConfig(payload) = payload.unwrap_or(default);
    if field == "to_client" && payload.merge().is_some() {
        let wrong =
            ConfigError::new("clients send their header to the upstream: move the payload to `to_upstream`");
        return Err(wrong.in_field("payload.proxy_protocol.merge").in_field(field));
    }
    let chunks = chunks(&payload, every_chunk, most_chunks).map_err(|error| error.in_field(field))?;
    Ok(Some(Rc::new(PrefixPlan { payload, chunks, field })))
}

/// Returns the number of chunks that get the payload.
fn chunks(payload: &Payload, every_chunk: bool, most_chunks: Option<u64>) -> Result<u64, ConfigError> {
    if every_chunk && payload.header().is_some() {
        let wrong =
            "a PROXY protocol header belongs only at the beginning of a connection: remove this field";
        return Err(ConfigError::new(wrong).in_field("every_chunk"));
    }
    let chunks = match (every_chunk, most_chunks) {
        (true, Some(0)) => Err("with 0 chunks nothing is sent: remove the direction"),
        (true, most) => Ok(most.unwrap_or(u64::MAX)),
        (false, None) => Ok(1),
        (false, Some(_)) => {
            Err("the payload goes before the first chunk only: set `every_chunk` too, or remove this field")
        }
    };
    chunks.map_err(|reason| ConfigError::new(reason).in_field("most_chunks"))
}
