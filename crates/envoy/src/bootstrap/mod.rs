//! Builds Envoy configurations: listeners with filters, and clusters.

mod filter;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

pub use filter::Filter;

/// One of Envoy's listener filters.
#[derive(Clone, Copy, Debug)]
pub enum Inspector {
    /// Reads the client's address from a PROXY protocol header.
    ProxyProtocol,
    /// Reads the server name from the TLS handshake.
    Tls,
}

/// A configuration builder. Two workers and no debug logs by default.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    listeners: Vec<Value>,
    listener_filters: Vec<Value>,
    transport_socket: Option<Value>,
    clusters: Vec<Value>,
    trusted_hops: u32,
    server_header: &'static str,
    idle_timeout: Option<Duration>,
    manager: Map<String, Value>,
    workers: u32,
    debug_logs: bool,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            listeners: Vec::new(),
            listener_filters: Vec::new(),
            transport_socket: None,
            clusters: Vec::new(),
            trusted_hops: 0,
            server_header: "OVERWRITE",
            idle_timeout: None,
            manager: Map::new(),
            workers: 2,
            debug_logs: false,
        }
    }
}

impl Bootstrap {
    /// Keeps these listeners and clusters. Those added later have the default options.
    #[must_use]
    pub fn with_defaults(&self) -> Self {
        let Self { listeners, clusters, workers, debug_logs, .. } = self.clone();
        Self { listeners, clusters, workers, debug_logs, ..Self::default() }
    }

    /// Takes client addresses from `x-forwarded-for`, as behind this many trusted proxies, on listeners added later.
    #[must_use]
    pub fn trusted_hops(mut self, hops: u32) -> Self {
        self.trusted_hops = hops;
        self
    }

    /// Runs a listener filter on listeners added later.
    #[must_use]
    pub fn inspector(self, inspector: Inspector) -> Self {
        let (name, message) = match inspector {
            Inspector::ProxyProtocol => ("proxy_protocol", "ProxyProtocol"),
            Inspector::Tls => ("tls_inspector", "TlsInspector"),
        };
        let kind = format!("type.googleapis.com/envoy.extensions.filters.listener.{name}.v3.{message}");
        self.listener_filter(
            json!({"name": format!("envoy.filters.listener.{name}"), "typed_config": {"@type": kind}}),
        )
    }

    /// Runs a listener filter, as JSON, on listeners added later.
    #[must_use]
    pub fn listener_filter(mut self, filter: Value) -> Self {
        self.listener_filters.push(filter);
        self
    }

    /// Terminates TLS with a certificate and its key, both PEM, on listeners added later.
    #[must_use]
    pub fn terminate_tls(mut self, certificate: &str, key: &str) -> Self {
        let inline = |pem| json!({"inline_string": pem});
        self.transport_socket = Some(json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "tls_certificates": [{"certificate_chain": inline(certificate), "private_key": inline(key)}],
                },
            },
        }));
        self
    }

    /// Requires certificates of clients, which this one, in PEM, has issued. Call it after [`terminate_tls`](Self::terminate_tls).
    #[must_use]
    pub fn verify_clients(mut self, authority: &str) -> Self {
        if let Some(socket) = &mut self.transport_socket {
            let context = json!({"trusted_ca": {"inline_string": authority}});
            socket["typed_config"]["require_client_certificate"] = true.into();
            socket["typed_config"]["common_tls_context"]["validation_context"] = context;
        }
        self
    }

    /// Passes the upstream's `server` response header through on listeners added later.
    #[must_use]
    pub fn pass_server_through(mut self) -> Self {
        self.server_header = "PASS_THROUGH";
        self
    }

    /// Closes TCP connections without traffic after this time, on listeners added later. Envoy's own default is an hour.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Sets a field of the HTTP connection manager, as JSON, on listeners added later. Replaces what this builder sets itself.
    #[must_use]
    pub fn manager(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.manager.insert(field.into(), value.into());
        self
    }

    /// Sets the number of workers.
    #[must_use]
    pub fn workers(mut self, workers: u32) -> Self {
        self.workers = workers;
        self
    }

    /// Logs messages of filters at level debug and above.
    #[must_use]
    pub fn debug_logs(mut self) -> Self {
        self.debug_logs = true;
        self
    }

    /// Returns Envoy's command line arguments.
    pub(crate) fn arguments(&self) -> [String; 4] {
        let log_level = if self.debug_logs { "wasm:debug" } else { "wasm:info" };
        ["--concurrency".into(), self.workers.to_string(), "--component-log-level".into(), log_level.into()]
    }

    /// Adds a cluster that speaks TCP or HTTP/1.1 with trailers. Envoy resolves its address by DNS, from `localhost`.
    #[must_use]
    pub fn cluster(self, name: &str, address: SocketAddr) -> Self {
        self.upstream(name, address, &json!({"http_protocol_options": {"enable_trailers": true}}))
    }

    /// Adds a cluster that speaks HTTP/2, as gRPC services do.
    #[must_use]
    pub fn http2_cluster(self, name: &str, address: SocketAddr) -> Self {
        self.upstream(name, address, &json!({"http2_protocol_options": {}}))
    }

    /// Adds a cluster that speaks over this transport socket, as JSON.
    #[must_use]
    pub fn cluster_over(self, name: &str, address: SocketAddr, transport_socket: &Value) -> Self {
        let mut with_cluster = self.cluster(name, address);
        if let Some(cluster) = with_cluster.clusters.last_mut() {
            cluster["transport_socket"] = transport_socket.clone();
        }
        with_cluster
    }

    fn upstream(mut self, name: &str, address: SocketAddr, protocol: &Value) -> Self {
        const OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        let endpoint =
            json!({"address": {"socket_address": {"address": "localhost", "port_value": address.port()}}});
        let options =
            json!({"@type": format!("type.googleapis.com/{OPTIONS}"), "explicit_http_config": protocol});
        self.clusters.push(json!({
            "name": name,
            "typed_extension_protocol_options": {OPTIONS: options},
            "type": "STRICT_DNS",
            "dns_lookup_family": "V4_ONLY",
            "connect_timeout": "5s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
            },
        }));
        self
    }

    /// Adds an HTTP listener on a free port, which routes requests through these filters to a cluster.
    #[must_use]
    pub fn http(self, name: &str, filters: &[Filter], cluster: &str) -> Self {
        let all = json!({"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "30s"}});
        self.routed(name, filters, &[all])
    }

    /// Adds an HTTP listener with these routes, as JSON.
    #[must_use]
    pub fn routed(self, name: &str, filters: &[Filter], routes: &[Value]) -> Self {
        let mut chain: Vec<_> = filters.iter().map(|filter| filter.to_json(name, "http")).collect();
        chain.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
        }));
        let mut manager = json!({
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": name,
                "use_remote_address": true,
                "server_header_transformation": self.server_header,
                "xff_num_trusted_hops": self.trusted_hops,
                "max_request_headers_kb": 96,
                "http_protocol_options": {"enable_trailers": true},
                "http_filters": chain,
                "route_config": {
                    "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
                },
            },
        });
        for (field, value) in &self.manager {
            manager["typed_config"][field] = value.clone();
        }
        self.listener(name, vec![manager])
    }

    /// Adds a TCP listener on a free port, which proxies connections through these filters to a cluster.
    #[must_use]
    pub fn tcp(self, name: &str, filters: &[Filter], cluster: &str) -> Self {
        let mut chain: Vec<_> = filters.iter().map(|filter| filter.to_json(name, "network")).collect();
        chain.push(json!({
            "name": "envoy.filters.network.tcp_proxy",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                "stat_prefix": name,
                "cluster": cluster,
                "idle_timeout": self.idle_timeout.map(|timeout| format!("{}s", timeout.as_secs_f64())),
            },
        }));
        self.listener(name, chain)
    }

    fn listener(mut self, name: &str, filters: Vec<Value>) -> Self {
        self.listeners.push(json!({
            "name": name,
            // By default Envoy names a listener's statistics after its address, and all have port 0.
            "stat_prefix": name,
            "address": loopback(),
            "listener_filters": self.listener_filters,
            "filter_chains": [{"filters": filters, "transport_socket": self.transport_socket}],
        }));
        self
    }

    /// Returns the configuration as Envoy reads it from a file.
    pub fn to_json(&self) -> Value {
        json!({
            "admin": {"address": loopback()},
            "static_resources": {"listeners": self.listeners, "clusters": self.clusters},
        })
    }

    /// Returns the configuration with listeners and clusters in files that Envoy watches.
    pub(crate) fn to_json_watching(&self, listeners: &Path, clusters: &Path) -> Value {
        let watched = |path: &Path| json!({"path_config_source": {"path": path}});
        json!({
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": loopback()},
            "dynamic_resources": {"lds_config": watched(listeners), "cds_config": watched(clusters)},
        })
    }

    /// Returns the contents of the listeners' file.
    pub(crate) fn listeners_to_json(&self) -> Value {
        resources("type.googleapis.com/envoy.config.listener.v3.Listener", &self.listeners)
    }

    /// Returns the contents of the clusters' file.
    pub(crate) fn clusters_to_json(&self) -> Value {
        resources("type.googleapis.com/envoy.config.cluster.v3.Cluster", &self.clusters)
    }
}

fn resources(kind: &str, all: &[Value]) -> Value {
    let typed = |resource: &Value| {
        let mut resource = resource.clone();
        resource["@type"] = kind.into();
        resource
    };
    json!({"resources": all.iter().map(typed).collect::<Vec<_>>()})
}

fn loopback() -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}})
}
