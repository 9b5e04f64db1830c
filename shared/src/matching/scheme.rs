//! Schemes.

use crate::config::Invalid;

/// `http` or `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scheme(String);

impl TryFrom<String> for Scheme {
    type Error = Invalid;

    fn try_from(scheme: String) -> Result<Self, Invalid> {
        match scheme.as_str() {
            "http" | "https" => Ok(Self(scheme)),
            _ => Err(Invalid::new(format_args!("`{}` is not `http` or `https`", scheme.escape_debug()))),
        }
    }
}

impl Scheme {
    pub(super) fn is(&self, scheme: &[u8]) -> bool {
        self.0.as_bytes() == scheme
    }
}
