//! Texts of the help of `try`.

/// How `try` is used.
pub(super) const USAGE: &str = "\
cargo proxy-filter try [OPTIONS] [FILTER] <CONFIG> [METHOD] <PATH>
       cargo proxy-filter try [OPTIONS] [FILTER] <CONFIG> --tcp <TEXT>";

/// What to do without a path.
pub(super) const NO_PATH: &str = "no path: add one such as `/`, or `--tcp TEXT` for a TCP filter";

/// What follows the options of `try`.
pub(super) const EXAMPLES: &str = r#"FILTER is the filter's name, if the workspace has several. CONFIG is
  - a JSON or YAML file with the filter's configuration,
  - a file that deploys it: Envoy's configuration or a part of it, a WasmPlugin, TrafficExtension, EnvoyFilter or
    EnvoyExtensionPolicy, with the configuration of FILTER among others,
  - or the configuration itself, as JSON or YAML.
PATH may be a URL such as `https://shop.example/a`, which sets scheme and authority; otherwise the scheme is http. A header
`x-forwarded-proto` sets the scheme, too, as a proxy in front does: `:scheme` means the same.

Examples:
  cargo proxy-filter try '{"name": "x-greeting", "value": "hello"}' /
  cargo proxy-filter try my-filter edge.yaml POST /upload -H 'content-type: text/plain' --body @file --response-status 201
  cargo proxy-filter try my-filter envoy.yaml / --repeat 5 --advance 10s --from 192.0.2.7
  cargo proxy-filter try my-filter edge.yaml https://shop.example/ --watch
  cargo proxy-filter try my-tcp-filter '{"longest": 4}' --tcp 'HELLO\n'

Services that the filter calls respond as --service says; calls to any other cluster fail. Exits with 1 if the filter refuses the
configuration or panics."#;
