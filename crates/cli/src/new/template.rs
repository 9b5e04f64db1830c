//! The templates, and the values that are inserted into them.

use std::path::{Path, PathBuf};

use proxy_filter_envoy::target::DEFAULT_MODULES;

use super::name::type_name;
use super::place::Place;
use crate::project::Project;

macro_rules! template {
    ($path:expr) => {
        include_str!(concat!("../../template/", $path))
    };
}

/// A template and the path of the file that is made of it.
type File = (&'static str, &'static str);

/// The files of a crate that belongs to no workspace.
pub(super) const ALONE: [File; 4] = [
    (template!("crate/config.toml"), ".cargo/config.toml"),
    (template!("crate/ci.yml"), ".github/workflows/ci.yml"),
    (template!("crate/clippy.toml"), "clippy.toml"),
    (template!("crate/rustfmt.toml"), "rustfmt.toml"),
];

/// What a template's filter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds a header to responses.
    Http,
    /// Closes TCP connections.
    Tcp,
    /// Asks another service about requests.
    Callout,
}

macro_rules! crate_files {
    ($kind:literal $(, $more:literal)*) => {
        vec![
            (template!(concat!($kind, "/README.md")), "README.md"),
            (template!(concat!($kind, "/config.schema.json")), "config.schema.json"),
            (template!(concat!($kind, "/wrong-configurations.snap")), "wrong-configurations.snap"),
            (template!(concat!($kind, "/src/lib.rs")), "src/lib.rs"),
            (template!(concat!($kind, "/src/config.rs")), "src/config.rs"),
            (template!(concat!($kind, "/src/config/tests.rs")), "src/config/tests.rs"),
            (template!(concat!($kind, "/src/compile.rs")), "src/compile.rs"),
            $((template!(concat!($kind, "/", $more)), $more),)*
            (template!(concat!($kind, "/tests/behaviour.rs")), "tests/behaviour.rs"),
        ]
    };
}

macro_rules! deploy_files {
    ($chain:literal) => {
        [
            (template!(concat!("deploy/", $chain, "/envoy.yaml")), "envoy/{}.yaml"),
            (template!(concat!("deploy/", $chain, "/listeners.yaml")), "envoy/dynamic/listeners/{}.yaml"),
            (
                template!(concat!("deploy/", $chain, "/trafficextension.yaml")),
                "istio/trafficextension/{}.yaml",
            ),
            (template!(concat!("deploy/", $chain, "/wasmplugin.yaml")), "istio/wasmplugin/{}.yaml"),
            (
                template!(concat!("deploy/", $chain, "/envoyfilter.yaml")),
                "istio/envoyfilter/{}/envoyfilter.yaml",
            ),
            (template!("deploy/kustomization.yaml"), "istio/envoyfilter/{}/kustomization.yaml"),
            (template!("deploy/mount.yaml"), "istio/envoyfilter/{}/mount.yaml"),
        ]
    };
}

impl Kind {
    /// Returns the templates of the crate's files, apart from the manifest, and their paths in the crate.
    pub(super) fn crate_files(self) -> Vec<File> {
        match self {
            Self::Http => crate_files!("http"),
            Self::Tcp => crate_files!("tcp", "src/line.rs"),
            Self::Callout => crate_files!("callout"),
        }
    }

    /// Returns the templates of a filter's files for deployment, and their paths in the directory `deploy/`.
    pub fn deploy_files(self, name: &str) -> Vec<(&'static str, PathBuf)> {
        const GATEWAY: File = (template!("deploy/http/envoy-gateway.yaml"), "envoy-gateway/{}.yaml");
        let files = match self {
            Self::Http | Self::Callout => deploy_files!("http"),
            Self::Tcp => deploy_files!("tcp"),
        };
        // Envoy Gateway has no TCP filters.
        let gateway = (self != Self::Tcp).then_some(GATEWAY);
        files.into_iter().chain(gateway).map(|(text, file)| (text, file.replace("{}", name).into())).collect()
    }

    /// Returns the package's description.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Http => "Proxy-Wasm filter that adds a response header",
            Self::Tcp => "Proxy-Wasm filter that closes connections whose first line is too long",
            Self::Callout => "Proxy-Wasm filter that asks a service about every request",
        }
    }

    /// Returns what the filter does with the configuration of the files for deployment.
    fn effect(self) -> &'static str {
        match self {
            Self::Http => "every response gets the header `x-greeting: hello`",
            Self::Tcp => "connections whose first line has more than 128 bytes are closed",
            Self::Callout => "requests that the service `auth` allows get its response header `x-user`",
        }
    }

    /// Returns the configuration of the README and of the files for deployment.
    pub(super) fn configuration(self) -> &'static str {
        match self {
            Self::Http => r#"{"name": "x-greeting", "value": "hello"}"#,
            Self::Tcp => r#"{"longest": 128}"#,
            Self::Callout => {
                r#"{"cluster": "auth", "authority": "auth.example", "path": "/user", "header": "x-user"}"#
            }
        }
    }

    /// Returns the arguments with which `try` shows what the filter does.
    pub(super) fn try_arguments(self) -> &'static str {
        match self {
            Self::Http => "/",
            Self::Tcp => "--tcp 'HELLO\\n'",
            Self::Callout => "/ --service auth=200 --service-header 'auth=x-user: ann'",
        }
    }
}

/// The values of a filter, by their places in the templates.
pub(super) struct Values(Vec<(&'static str, String)>);

impl Values {
    pub(super) fn of(project: &Project, kind: Kind, name: &str, place: &Place, version: &str) -> Self {
        let with_cluster =
            |cluster: &str| kind.configuration().replace(r#""auth""#, &format!("\"{cluster}\""));
        let modules = project.modules().strip_prefix(project.root()).map(Path::to_owned);
        let modules = modules.unwrap_or_else(|_| Path::new("target").join(DEFAULT_MODULES));
        let service = if kind == Kind::Callout { template!("deploy/service.yaml").trim_end() } else { "" };
        let line_break = if service.is_empty() { "" } else { "\n" };
        Self(vec![
            ("my-filter", name.to_owned()),
            ("my_filter", name.replace('-', "_")),
            ("MyFilter", type_name(name)),
            ("{CLUSTERS}", format!("{line_break}{service}")),
            ("{CONFIGURATION}", kind.configuration().to_owned()),
            ("{DEPLOY}", relative(&place.crate_directory, &place.deploy)),
            ("{EFFECT}", kind.effect().to_owned()),
            ("{GATEWAY_CONFIGURATION}", with_cluster("httproute/default/auth/rule/0")),
            ("{IMAGE}", project.image(name)),
            ("{ISTIO_CONFIGURATION}", with_cluster("outbound|8000||auth.default.svc.cluster.local")),
            ("{MODULES}", modules.display().to_string()),
            ("{TOOL_VERSION}", env!("CARGO_PKG_VERSION").to_owned()),
            ("{VERSION}", version.to_owned()),
            ("{WORKLOAD}", if kind == Kind::Tcp { "tcp-echo" } else { "httpbin" }.to_owned()),
        ])
    }

    /// Inserts the values into a template.
    pub(super) fn insert(&self, template: &str) -> String {
        self.0.iter().fold(template.to_owned(), |text, (place, value)| text.replace(place, value))
    }
}

/// Returns the path that leads from a directory to another, with slashes.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let common = from.ancestors().find(|above| to.starts_with(above)).unwrap_or(from);
    let up = from.strip_prefix(common).map_or(0, |below| below.components().count());
    format!("{}{}", "../".repeat(up), to.strip_prefix(common).unwrap_or(to).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths() {
        assert_eq!(relative(Path::new("/a/filters/b"), Path::new("/a/deploy")), "../../deploy");
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/b/deploy")), "deploy");
    }
}
