//! The listener of a job, made from the one that the cookbook shows.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use book::cookbook::{ENVOY, Job};
use harness::parts;
use serde_json::{Value, json};

use super::forms::Form;

/// A response header that names the cluster of the request.
pub(crate) const CLUSTER: &str = "x-tested-cluster";

/// Returns the name of a job's listener.
pub(crate) fn name(job: &Job, form: Form) -> String {
    format!("{}/{}", job.name, form.name())
}

/// Returns the listener of a job with one entry in its chain, and the names of the clusters to which it routes.
pub(crate) fn listener(job: &Job, name: &str, mut entry: Value) -> Result<(Value, BTreeSet<String>)> {
    let shown: Value = serde_saphyr::from_str(ENVOY)?;
    let position = usize::from(job.is_tcp());
    let mut listener = shown["static_resources"]["listeners"][position].clone();
    listener["name"] = name.into();
    listener["stat_prefix"] = name.into();
    listener["address"] = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
    if !job.listener_filters.is_empty() {
        listener["listener_filters"] = job.listener_filters.clone().into();
    }
    if let Some(file) = entry.pointer_mut("/typed_config/config/vm_config/code/local/filename") {
        *file = parts::filter(&job.filter).display().to_string().into();
    }
    let chain = listener.pointer_mut("/filter_chains/0/filters").context("no filters")?;
    let filters = match job.is_tcp() {
        true => chain,
        false => {
            let manager = &mut chain[0]["typed_config"];
            for (field, value) in &job.connection_manager {
                manager[field] = value.clone();
            }
            let host = &mut manager["route_config"]["virtual_hosts"][0];
            if !job.routes.is_empty() {
                host["routes"] = job.routes.clone().into();
            }
            host["response_headers_to_add"] =
                json!([{"header": {"key": CLUSTER, "value": "%UPSTREAM_CLUSTER%"}}]);
            &mut manager["http_filters"]
        }
    };
    filters.as_array_mut().context("no list of filters")?.insert(0, entry);
    let mut clusters = BTreeSet::new();
    rename_clusters(&mut listener, &job.name, &mut clusters);
    Ok((listener, clusters))
}

/// Makes the names of clusters the job's own, and collects them.
fn rename_clusters(value: &mut Value, job: &str, clusters: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(cluster) if name == "cluster" => {
                        *cluster = format!("{job}/{cluster}");
                        clusters.insert(cluster.clone());
                    }
                    value => rename_clusters(value, job, clusters),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_clusters(item, job, clusters)),
        _ => {}
    }
}
