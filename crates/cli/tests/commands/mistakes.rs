//! What people get wrong in files that deploy filters.

/// What is wrong with a file, as a change of a right one.
pub(crate) struct Wrong {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// What is said after the position.
    pub(crate) expected: &'static str,
    /// A part of a line, with a bar where the mistake is said to be.
    pub(crate) at: &'static str,
}

/// The files are in `deploy/`.
pub(crate) const WRONG: [Wrong; 20] = [
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "proxy_on_request_headers: {},",
        to: "",
        expected: ": rate-limit: the module needs proxy_on_request_headers, which Envoy does not allow it here",
        at: "{|clock_time_get: {},",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "limit: 3",
        to: "limit: 0",
        expected: ": rate-limit: rules[0].limit: 0 would refuse every request",
        at: "limit: |0,",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct\n                          value:\n                            rules:",
        to: "google.protobuf.StringValue\n                          value: |\n                            {\"rules\" 3}",
        expected: ": rate-limit: not valid JSON: expected `:`\n",
        at: "{\"rules\" |3}",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct",
        to: "google.protobuf.Structure",
        expected: ": rate-limit: `type.googleapis.com/google.protobuf.Structure` is not a type that a filter can read",
        at: "\"@type\": |type.googleapis.com/google.protobuf.Structure",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct",
        to: "google.protobuf.StringValue",
        expected: ": rate-limit: `value` of a `google.protobuf.StringValue` is text",
        at: "        |rules:",
    },
    Wrong {
        file: "envoy/tcp-prepend.yaml",
        from: "envoy.extensions.filters.network.wasm.v3",
        to: "envoy.extensions.filters.http.wasm.v3",
        expected: ": tcp-prepend: this is a network filter in an HTTP filter chain",
        at: "|name: tcp-prepend\n",
    },
    Wrong {
        file: "istio/wasmplugin/tcp-prepend.yaml",
        from: "type: NETWORK",
        to: "type: HTTP",
        expected: ": tcp-prepend: this is a network filter in an HTTP filter chain",
        at: "|selector:",
    },
    Wrong {
        file: "istio/wasmplugin/add-header.yaml",
        from: "pluginConfig:",
        to: "config:",
        expected: ": add-header: unknown field `config`: here it is called `pluginConfig`",
        at: "|config:",
    },
    Wrong {
        file: "istio/envoyfilter/add-header/envoyfilter.yaml",
        from: " response:",
        to: " respons:",
        expected: ": add-header: respons: unknown field `respons` (did you mean `response`?)",
        at: "|respons:",
    },
    Wrong {
        file: "envoy-gateway/several.yaml",
        from: "name: hello",
        to: "name: he llo",
        expected: ": add-header: response[0].name: `he llo` is not a header name",
        at: "name: |he llo",
    },
    Wrong {
        file: "envoy-gateway/add-header.yaml",
        from: "spec:",
        to: "spec: :",
        expected: ": not YAML: ",
        at: "spec: |:",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "envoy.extensions.filters.http.wasm.v3",
        to: "envoy.extensions.filters.network.wasm.v3",
        expected: ": rate-limit: this is an HTTP filter in a network filter chain",
        at: "|name: rate-limit\n",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "limit: 3",
        to: "limit: 3000000000",
        expected: ": rate-limit: rules[0].limit: invalid type: string \"3000000000\"",
        at: "limit: |3000000000",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "configuration:",
        to: "configuraton:",
        expected: ": rate-limit: unknown field `configuraton`: did you mean `configuration`?",
        at: "|configuraton:",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "failure_policy: FAIL_RELOAD",
        to: "failure_policy: FAIL_RELAOD",
        expected: ": rate-limit: unknown value `FAIL_RELAOD` of `failure_policy`: it is one of UNSPECIFIED, FAIL_RELOAD, ",
        at: "failure_policy: |FAIL_RELAOD",
    },
    Wrong {
        file: "istio/wasmplugin/add-header.yaml",
        from: "pluginConfig:",
        to: "pluginConf:",
        expected: ": add-header: unknown field `pluginConf`: did you mean `pluginConfig`?",
        at: "|pluginConf:",
    },
    Wrong {
        file: "istio/wasmplugin/add-header.yaml",
        from: "failStrategy: FAIL_RELOAD",
        to: "failStrategy: FAIL_CLOSED",
        expected: ": add-header: unknown value `FAIL_CLOSED` of `failStrategy`: it is one of FAIL_CLOSE, ",
        at: "failStrategy: |FAIL_CLOSED",
    },
    Wrong {
        file: "istio/trafficextension/add-header.yaml",
        from: "selector:",
        to: "slector:",
        expected: ": add-header: unknown field `slector`: did you mean `selector`?",
        at: "|slector:",
    },
    Wrong {
        file: "istio/trafficextension/add-header.yaml",
        from: "  phase: AUTHZ",
        to: "  phase: AUTHZ\n  url: a",
        expected: ": add-header: unknown field `url`: the fields here are selector, ",
        at: "  |url: a",
    },
    Wrong {
        file: "envoy-gateway/add-header.yaml",
        from: "rootID:",
        to: "rootId:",
        expected: ": add-header: unknown field `rootId`: here it is called `rootID`",
        at: "|rootId:",
    },
];
