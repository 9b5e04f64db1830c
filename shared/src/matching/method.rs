//! Methods.

use crate::config::Invalid;
use crate::headers::HeaderName;

/// A method: a token without lower-case letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Method(String);

impl TryFrom<String> for Method {
    type Error = Invalid;

    fn try_from(method: String) -> Result<Self, Invalid> {
        match HeaderName::new(&method) {
            Ok(_) if !method.contains(|letter: char| letter.is_ascii_lowercase()) => Ok(Self(method)),
            _ => Err(Invalid::new(format_args!(
                "`{method}` is not a method: write it in uppercase, like `GET`"
            ))),
        }
    }
}

impl Method {
    pub(super) fn is(&self, method: &[u8]) -> bool {
        self.0.as_bytes() == method
    }
}
