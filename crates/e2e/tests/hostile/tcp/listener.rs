//! The listeners with TCP filters.

use harness::bootstrap::Filter;
use harness::chained;

use crate::proxy::LIMITS;

/// The client's networks, from which a PROXY protocol header is read.
const TRUSTED: &[&str] = &["127.0.0.0/8"];

/// Networks from which no client is.
const UNTRUSTED: &[&str] = &["10.0.0.0/8"];

/// A listener, and what it does with a header that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    Trusting,
    Distrusting,
    Limited,
    Both,
}

impl Listener {
    pub(super) const ALL: [Self; 4] = [Self::Trusting, Self::Distrusting, Self::Limited, Self::Both];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trusting => "trusting",
            Self::Distrusting => "distrusting",
            Self::Limited => "limited",
            Self::Both => "both",
        }
    }

    pub(super) fn filters(self) -> Vec<Filter> {
        let limit = || chained::rate_limit_tcp(LIMITS);
        match self {
            Self::Trusting => vec![chained::tcp_prepend(TRUSTED)],
            Self::Distrusting => vec![chained::tcp_prepend(UNTRUSTED)],
            Self::Limited => vec![limit()],
            Self::Both => vec![limit(), chained::tcp_prepend(UNTRUSTED)],
        }
    }

    pub(super) fn limits(self) -> bool {
        matches!(self, Self::Limited | Self::Both)
    }
}
