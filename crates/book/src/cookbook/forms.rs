//! A job's configuration as each platform takes it.

use super::job::Job;
use super::source::indented;

/// The repository of the images, which users replace by theirs.
const IMAGES: &str = "registry.example.com/acme/proxy-wasm-filters";

impl Job {
    /// Returns the entry in Envoy's list of filters.
    #[must_use]
    pub fn envoy(&self) -> String {
        let Self { name, filter, .. } = self;
        let kind = if self.is_tcp() { "network" } else { "http" };
        let configuration = indented(&self.configuration_text(), 10);
        format!(
            "- name: envoy.filters.{kind}.wasm\n\
             \x20 typed_config:\n\
             \x20   \"@type\": type.googleapis.com/envoy.extensions.filters.{kind}.wasm.v3.Wasm\n\
             \x20   config:\n\
             \x20     name: {name}\n\
             \x20     root_id: {filter}\n\
             \x20     failure_policy: FAIL_RELOAD\n\
             \x20     vm_config:\n\
             \x20       vm_id: {filter}\n\
             \x20       runtime: envoy.wasm.runtime.v8\n\
             \x20       code: {{local: {{filename: /etc/envoy/filters/{filter}.wasm}}}}\n\
             \x20     configuration:\n\
             \x20       \"@type\": type.googleapis.com/google.protobuf.Struct\n\
             \x20       value:\n{configuration}"
        )
    }

    /// Returns Istio's resource.
    #[must_use]
    pub fn traffic_extension(&self) -> String {
        let Self { name, filter, .. } = self;
        let (place, kind) = match (self.is_tcp(), filter.as_str()) {
            (true, _) => {
                let clients = "  match:\n    - mode: CLIENT\n      ports: [{number: 443}]\n";
                (clients, "    type: NETWORK\n")
            }
            // Before the filters that authenticate, so that those are limited, too.
            (false, "rate-limit") => ("  phase: AUTHN\n", ""),
            (false, _) => ("  phase: AUTHZ\n", ""),
        };
        let configuration = indented(&self.configuration_text(), 6);
        format!(
            "apiVersion: extensions.istio.io/v1alpha1\n\
             kind: TrafficExtension\n\
             metadata:\n\
             \x20 name: {name}\n\
             \x20 namespace: istio-system\n\
             spec:\n\
             \x20 selector:\n\
             \x20   matchLabels: {{istio: ingressgateway}}\n\
             {place}\
             \x20 wasm:\n\
             {kind}\
             \x20   url: oci://{IMAGES}/{filter}:{version}\n\
             \x20   pluginName: {filter}\n\
             \x20   failStrategy: FAIL_RELOAD\n\
             \x20   pluginConfig:\n{configuration}",
            version = env!("CARGO_PKG_VERSION"),
        )
    }

    /// Returns Envoy Gateway's resource. `None` for TCP, where it runs no filters.
    #[must_use]
    pub fn envoy_extension_policy(&self) -> Option<String> {
        if self.is_tcp() {
            return None;
        }
        let Self { name, filter, .. } = self;
        let configuration = indented(&self.configuration_text(), 8);
        Some(format!(
            "apiVersion: gateway.envoyproxy.io/v1alpha1\n\
             kind: EnvoyExtensionPolicy\n\
             metadata:\n\
             \x20 name: {name}\n\
             \x20 namespace: default\n\
             spec:\n\
             \x20 targetRefs:\n\
             \x20   - {{group: gateway.networking.k8s.io, kind: Gateway, name: eg}}\n\
             \x20 wasm:\n\
             \x20   - name: {name}\n\
             \x20     rootID: {filter}\n\
             \x20     failOpen: false\n\
             \x20     code:\n\
             \x20       type: Image\n\
             \x20       image:\n\
             \x20         url: {IMAGES}/{filter}:{version}\n\
             \x20     config:\n{configuration}",
            version = env!("CARGO_PKG_VERSION"),
        ))
    }
}
