//! What each form of a job hands over to the filter.

use anyhow::{Context, Result, anyhow, bail, ensure};
use book::cookbook::Job;
use proxy_filter_envoy::deployed::{Kind, plugins};
use serde_json::Value;

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
    pub(crate) fn entry(self, job: &Job) -> Result<String> {
        let entry = job.envoy();
        if self == Self::Envoy {
            return Ok(entry);
        }
        let (before, _) = entry.split_once("google.protobuf.Struct\n").context("no Struct")?;
        // A plugin of its own, with its own counts.
        let (name, json) = (format!("      name: {}", job.name), self.json(job)?);
        let before = before.replace(&format!("{name}\n"), &format!("{name}-json\n"));
        Ok(format!("{before}google.protobuf.StringValue\n        value: {}\n", Value::String(json)))
    }

    /// Returns the JSON that Istio and Envoy Gateway hand over.
    fn json(self, job: &Job) -> Result<String> {
        let istio = handed_over(&job.traffic_extension(), Kind::TrafficExtension, job)?;
        if self == Self::IstioAndEnvoyGateway {
            let policy = job.envoy_extension_policy().context("no EnvoyExtensionPolicy")?;
            let gateway = handed_over(&policy, Kind::EnvoyExtensionPolicy, job)?;
            ensure!(istio == gateway, "Istio hands over other bytes than Envoy Gateway");
        }
        Ok(String::from_utf8(istio)?)
    }
}

/// Returns the bytes that the platform of a form hands over to the filter.
pub(crate) fn handed_over(form: &str, kind: Kind, job: &Job) -> Result<Vec<u8>> {
    let found = plugins(form)?;
    let [plugin] = found.as_slice() else { bail!("{} plugins", found.len()) };
    ensure!(plugin.kind == kind, "it is a form for {}", plugin.kind);
    ensure!(plugin.filter(&[&job.filter]).is_some(), "it is not for {}", job.filter);
    ensure!(plugin.mistakes.is_empty(), "{:?}", plugin.mistakes);
    plugin.configuration.clone().map_err(|mistake| anyhow!("{}", mistake.message))
}
