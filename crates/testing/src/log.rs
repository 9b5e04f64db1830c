//! The log of the proxy in which an exchange took place.

use std::fmt;
use std::rc::{Rc, Weak};

use crate::envoy::EnvoyProxy;

/// How many lines a failed expectation shows.
const SHOWN: usize = 10;

/// Reads a proxy's log while the proxy exists.
#[derive(Clone, Debug)]
pub(crate) enum Log {
    Model(Weak<proxy_model::Proxy>),
    Envoy(Weak<EnvoyProxy>),
}

impl Log {
    pub(crate) fn of_model(proxy: &Rc<proxy_model::Proxy>) -> Self {
        Self::Model(Rc::downgrade(proxy))
    }

    pub(crate) fn of_envoy(proxy: &Rc<EnvoyProxy>) -> Self {
        Self::Envoy(Rc::downgrade(proxy))
    }

    fn lines(&self) -> Vec<String> {
        match self {
            Self::Model(proxy) => proxy.upgrade().map(|proxy| proxy.logs()),
            Self::Envoy(proxy) => proxy.upgrade().map(|proxy| proxy.logs()),
        }
        .unwrap_or_default()
    }
}

/// Shows the last lines that the filter logged.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        if lines.is_empty() {
            return f.write_str("the filter has logged nothing");
        }
        f.write_str("the filter's last log lines:")?;
        lines.iter().skip(lines.len().saturating_sub(SHOWN)).try_for_each(|line| write!(f, "\n  {line}"))
    }
}
