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
    /// Limits all requests together.
    Bucket,
    /// Limits the requests of each client address.
    Address,
}

impl Job {
    /// All jobs but doing nothing, in the order of the tables.
    pub(crate) const ALL: [Self; 6] =
        [Self::Header, Self::FiveHeaders, Self::Regex, Self::Prefix, Self::Bucket, Self::Address];

    /// Returns the name that tables show.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Header => "one response header",
            Self::FiveHeaders => "five response headers",
            Self::Regex => "rewrite by regex",
            Self::Prefix => "rewrite by prefix",
            Self::Bucket => "limit, one bucket",
            Self::Address => "limit per client address",
        }
    }

    /// Returns the job's topic. Rows without a job belong to all.
    pub(crate) fn topic(self) -> Option<Topic> {
        match self {
            Self::Nothing => None,
            Self::Header | Self::FiveHeaders => Some(Topic::Headers),
            Self::Regex | Self::Prefix => Some(Topic::Paths),
            Self::Bucket | Self::Address => Some(Topic::Limits),
        }
    }
}

/// Jobs whose rows share an Envoy. Valgrind gives a process 128 GiB of addresses, and V8 reserves about 10 GiB for each VM,
/// of which a module has three (the module's own, the main thread's and the worker's). So not all modules fit in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Headers,
    Paths,
    Limits,
}

impl Topic {
    /// All topics.
    pub(crate) const ALL: [Self; 3] = [Self::Headers, Self::Paths, Self::Limits];
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
        }
    }
}
