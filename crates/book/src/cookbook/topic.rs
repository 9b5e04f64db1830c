//! The pages of the cookbook.

use serde::Deserialize;

/// A page of the cookbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Headers of responses.
    Responses,
    /// Headers of requests.
    Requests,
    /// Paths that the upstream gets.
    Paths,
    /// Redirects.
    Redirects,
    /// Limits.
    Limits,
    /// Canaries and versions.
    Rollouts,
    /// TCP.
    Tcp,
}

impl Topic {
    /// All topics, in the book's order.
    pub const ALL: [Self; 7] = [
        Self::Responses,
        Self::Requests,
        Self::Paths,
        Self::Redirects,
        Self::Limits,
        Self::Rollouts,
        Self::Tcp,
    ];

    /// The page's title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Responses => "Response headers",
            Self::Requests => "Request headers",
            Self::Paths => "Paths",
            Self::Redirects => "Redirects",
            Self::Limits => "Limits",
            Self::Rollouts => "Canaries and versions",
            Self::Tcp => "TCP",
        }
    }

    /// The page's file, below the book's directory.
    #[must_use]
    pub fn file(self) -> String {
        let name = match self {
            Self::Responses => "responses",
            Self::Requests => "requests",
            Self::Paths => "paths",
            Self::Redirects => "redirects",
            Self::Limits => "limits",
            Self::Rollouts => "rollouts",
            Self::Tcp => "tcp",
        };
        format!("cookbook/{name}.md")
    }
}
