//! `reverse` as JSON: `true`, or the hosts of backends.

use std::fmt;

use proxy_filter::config::{Invalid, Texts};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::inverse::{Authority, Hosts};

/// Whether to map responses back, and which hosts are backends.
#[derive(Debug)]
pub(crate) struct ReverseConfig(Option<Hosts>);

impl ReverseConfig {
    /// Returns the hosts, or `None` if responses are not mapped back.
    pub(crate) fn hosts(self) -> Option<Hosts> {
        self.0
    }
}

/// The long form of `true`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Reverse")]
#[serde(deny_unknown_fields)]
struct ReverseFields {
    /// Hosts of backends, with their ports. An absolute URL of one of them loses its scheme, host and port, so that clients
    /// stay where they are. None by default.
    #[schemars(extend("examples" = ["backend.internal:8080"]))]
    hosts: Option<Texts<NamedHost>>,
}

/// A host that may have a port.
#[derive(Debug)]
struct NamedHost(Authority);

impl TryFrom<String> for NamedHost {
    type Error = Invalid;

    fn try_from(host: String) -> Result<Self, Invalid> {
        Authority::parse(host.as_bytes()).map(Self).ok_or_else(|| {
            Invalid::new(format_args!(
                "`{host}` is not a host: write it like `backend.internal` or `backend.internal:8080`"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for ReverseConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BoolOrHosts)
    }
}

struct BoolOrHosts;

impl<'de> Visitor<'de> for BoolOrHosts {
    type Value = ReverseConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, or an object such as {\"hosts\": [\"backend.internal:8080\"]}")
    }

    fn visit_bool<E>(self, is_on: bool) -> Result<ReverseConfig, E> {
        Ok(ReverseConfig(is_on.then(|| Hosts(Vec::new()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<ReverseConfig, A::Error> {
        let ReverseFields { hosts } = ReverseFields::deserialize(MapAccessDeserializer::new(fields))?;
        let hosts = hosts.into_iter().flat_map(|Texts(hosts)| hosts).map(|NamedHost(host)| host);
        Ok(ReverseConfig(Some(Hosts(hosts.collect()))))
    }
}

impl JsonSchema for ReverseConfig {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BoolOrReverse".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let [short, long] = [generator.subschema_for::<bool>(), generator.subschema_for::<ReverseFields>()];
        json_schema!({"anyOf": [short, long]})
    }
}
