//! What each form of a job hands over to the filter.

use anyhow::{Context, Result, ensure};
use book::cookbook::Job;
use serde_json::{Value, json};

/// The way a filter gets its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// From Envoy's configuration, as a `google.protobuf.Struct`.
    Envoy,
    /// From Istio, as JSON.
    Istio,
    /// From Istio and from Envoy Gateway, which hand over the same JSON. One run stands for both.
    IstioAndEnvoyGateway,
}

impl Form {
    /// Returns the forms to run.
    pub(crate) fn of(job: &Job) -> [Self; 2] {
        [Self::Envoy, if job.is_tcp() { Self::Istio } else { Self::IstioAndEnvoyGateway }]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::Istio => "istio",
            Self::IstioAndEnvoyGateway => "istio_and_envoy_gateway",
        }
    }

    /// Returns the filter's entry in Envoy: the very entry of the page, or one with what Istio and Envoy Gateway hand over.
    pub(crate) fn entry(self, job: &Job) -> Result<Value> {
        let [mut entry]: [Value; 1] = serde_saphyr::from_str(&job.envoy())?;
        if self != Self::Envoy {
            let config = &mut entry["typed_config"]["config"];
            // A plugin of its own, with its own counts.
            config["name"] = format!("{}-json", job.name).into();
            config["configuration"] =
                json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": self.json(job)?});
        }
        Ok(entry)
    }

    /// Returns the JSON that Istio and Envoy Gateway hand over.
    fn json(self, job: &Job) -> Result<String> {
        let plugin: Value = serde_saphyr::from_str(&job.wasm_plugin())?;
        let istio = plugin.pointer("/spec/pluginConfig").context("no pluginConfig")?.to_string();
        if self == Self::IstioAndEnvoyGateway {
            let policy = job.envoy_extension_policy().context("no EnvoyExtensionPolicy")?;
            let policy: Value = serde_saphyr::from_str(&policy)?;
            let gateway = policy.pointer("/spec/wasm/0/config").context("no config")?.to_string();
            ensure!(istio == gateway, "Istio hands over {istio}, Envoy Gateway {gateway}");
        }
        Ok(istio)
    }
}
