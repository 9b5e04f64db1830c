//! What is done, and what does it.

use serde::{Deserialize, Serialize};

/// What a filter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    /// Nothing: Envoy alone.
    Nothing,
    /// Adds one response header.
    Header,
    /// Adds five response headers.
    FiveHeaders,
    /// Rewrites the path by a regex that matches.
    Regex,
    /// Rewrites a prefix of the path.
    Prefix,
    /// Edits the value of a response header by a regex that matches.
    Edit,
    /// Limits all requests together.
    Bucket,
    /// Limits the requests of each client address.
    Address,
}

impl Job {
    /// All jobs but doing nothing, in the order of the tables.
    pub(crate) const ALL: [Self; 7] =
        [Self::Header, Self::FiveHeaders, Self::Edit, Self::Regex, Self::Prefix, Self::Bucket, Self::Address];

    /// Returns the name that tables show.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Header => "one response header",
            Self::FiveHeaders => "five response headers",
            Self::Regex => "rewrite by regex",
            Self::Prefix => "rewrite by prefix",
            Self::Edit => "edit a header by regex",
            Self::Bucket => "limit, one bucket",
            Self::Address => "limit per client address",
        }
    }
}

/// What does the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// Envoy without any filter.
    NoFilter,
    /// Envoy's own filter or route option.
    Native,
    /// A script in Envoy's Lua filter.
    Lua,
    /// A filter written with nothing but the proxy-wasm SDK.
    Plain,
    /// A filter of this repository.
    Ours,
    /// A filter of this repository, made for its configuration.
    Specialized,
}

impl Form {
    /// Returns the name that tables show.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NoFilter => "no filter",
            Self::Native => "native",
            Self::Lua => "Lua",
            Self::Plain => "plain SDK",
            Self::Ours => "these filters",
            Self::Specialized => "specialized",
        }
    }
}
