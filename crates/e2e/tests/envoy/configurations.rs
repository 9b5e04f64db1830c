//! Configurations that Envoy must refuse, with the filter's message that names the place.

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;

use crate::Case;

pub(crate) const TESTS: [Case; 4] = [
    ("bad_configuration_of_add_header_is_refused", |lab| {
        let configuration = r#"{"response": [{"name": "x y", "value": ""}]}"#;
        refused(lab, "add-header", configuration, "response[0].name: `x y` is not a header name")
    }),
    ("bad_configuration_of_path_rewrite_is_refused", |lab| {
        let configuration = r#"{"rules": [{"regex": "a(", "replace": ""}]}"#;
        refused(lab, "path-rewrite", configuration, "rules[0].regex: regex parse error:")
    }),
    ("bad_configuration_of_rate_limit_is_refused", |lab| {
        let configuration = r#"{"rules": [{"key": [], "limit": 0, "period": "1s"}]}"#;
        refused(lab, "rate-limit", configuration, "rules[0].limit: 0 would refuse every request")
    }),
    ("bad_configuration_of_tcp_prepend_is_refused", |lab| {
        let configuration = r#"{"to_upstream": {"payload": {"txt": ""}}}"#;
        refused(lab, "tcp-prepend", configuration, "to_upstream.payload.txt: unknown field `txt`")
    }),
];

fn refused(lab: &Lab, filter: &str, configuration: &str, message: &str) -> Result<()> {
    let bootstrap = Bootstrap::default().cluster("upstream", lab.recorder.address());
    let filters = [Filter::new(filter, configuration)];
    let bootstrap = match filter {
        "tcp-prepend" => bootstrap.tcp("listener", &filters, "upstream"),
        _ => bootstrap.http("listener", &filters, "upstream"),
    };
    let output = Envoy::validate(&bootstrap)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "Envoy accepted {configuration}");
    ensure!(
        said.contains(&format!("configuration refused: {message}")),
        "Envoy refused it otherwise:\n{said}"
    );
    Ok(())
}
