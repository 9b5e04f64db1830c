//! The filters, natively in the model of a proxy.

use std::rc::Rc;

use add_header::AddHeader;
use add_header_edit::AddHeader as AddHeaderEdit;
use path_rewrite::PathRewrite;
use path_rewrite_reverse::PathRewrite as PathRewriteReverse;
use proxy_model::{NativeHttp, NativeTcp, Proxy};
use rate_limit::RateLimit;
use rate_limit_body::RateLimit as RateLimitBody;
use rate_limit_tcp::RateLimitTcp;
use tcp_prepend::TcpPrepend;

use crate::script::{Script, Scripted};

/// A filter.
#[derive(Debug)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// The JSON schema of its configuration.
    pub schema: &'static str,
    readme: &'static str,
    new: fn(usize, &Rc<Script>) -> Proxy,
}

macro_rules! filter {
    ($name:literal: $Native:ident<$Filter:ty>) => {
        Filter {
            name: $name,
            schema: include_str!(concat!("../../../filters/", $name, "/config.schema.json")),
            readme: include_str!(concat!("../../../filters/", $name, "/README.md")),
            new: |workers, script| {
                Proxy::new(workers, || Scripted::new($Native::<$Filter>::default(), Rc::clone(script)))
            },
        }
    };
}

/// All filters, those for HTTP first.
pub static FILTERS: [Filter; 8] = [
    filter!("add-header": NativeHttp<AddHeader>),
    filter!("path-rewrite": NativeHttp<PathRewrite>),
    filter!("rate-limit": NativeHttp<RateLimit>),
    filter!("add-header-edit": NativeHttp<AddHeaderEdit>),
    filter!("path-rewrite-reverse": NativeHttp<PathRewriteReverse>),
    filter!("rate-limit-body": NativeHttp<RateLimitBody>),
    filter!("tcp-prepend": NativeTcp<TcpPrepend>),
    filter!("rate-limit-tcp": NativeTcp<RateLimitTcp>),
];

/// The number of filters for HTTP.
pub const HTTP: usize = 6;

impl Filter {
    /// Creates a proxy whose VMs have the filter, and whose streams follow the script.
    pub fn proxy(&self, workers: usize, script: &Rc<Script>) -> Proxy {
        (self.new)(workers, script)
    }

    /// Loads a configuration. Returns the error if the filter refuses it.
    pub fn refuses(&self, configuration: impl AsRef<[u8]>) -> Option<String> {
        self.proxy(0, &Rc::new(Script::default())).load(configuration, "plugin").err()
    }

    /// Returns the configurations in its README.
    pub fn configurations(&self) -> impl Iterator<Item = &'static str> {
        let blocks = self.readme.split("```json\n").skip(1);
        blocks.filter_map(|block| block.split_once("```").map(|(configuration, _)| configuration))
    }
}
