//! The statuses of hostcalls.

/// A status other than success that a hostcall returned.
///
/// The numbers are those of the ABI (`proxy_wasm_common.h` in the Proxy-Wasm C++ host).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// 1: the key, attribute, queue or function does not exist.
    #[error("not found")]
    NotFound,
    /// 2: an argument is wrong, or the call is not allowed in this phase.
    #[error("bad argument, or not allowed in this phase")]
    BadArgument,
    /// 3: the host could not serialize its result.
    #[error("the host could not serialize its result")]
    SerializationFailure,
    /// 4: the host could not parse an argument, or the layer could not parse the host's result.
    #[error("could not be parsed")]
    ParseFailure,
    /// 6: an argument pointed outside the module's memory.
    #[error("invalid memory access")]
    InvalidMemoryAccess,
    /// 7: there is nothing to return.
    #[error("empty")]
    Empty,
    /// 8: another worker wrote the value first.
    #[error("compare-and-swap mismatch")]
    CasMismatch,
    /// 10: the host failed.
    #[error("internal failure of the host")]
    InternalFailure,
    /// 12: the host does not implement the call.
    #[error("not implemented by this host")]
    Unimplemented,
    /// Any other status, as the host gave it.
    #[error("status {0}")]
    Other(u32),
}

impl HostError {
    /// Returns the ABI status of the error.
    pub fn status(self) -> u32 {
        match self {
            Self::NotFound => 1,
            Self::BadArgument => 2,
            Self::SerializationFailure => 3,
            Self::ParseFailure => 4,
            Self::InvalidMemoryAccess => 6,
            Self::Empty => 7,
            Self::CasMismatch => 8,
            Self::InternalFailure => 10,
            Self::Unimplemented => 12,
            Self::Other(status) => status,
        }
    }

    /// Returns the error for an ABI status, `None` for 0 (success).
    pub fn from_status(status: u32) -> Option<Self> {
        Some(match status {
            0 => return None,
            1 => Self::NotFound,
            2 => Self::BadArgument,
            3 => Self::SerializationFailure,
            4 => Self::ParseFailure,
            6 => Self::InvalidMemoryAccess,
            7 => Self::Empty,
            8 => Self::CasMismatch,
            10 => Self::InternalFailure,
            12 => Self::Unimplemented,
            other => Self::Other(other),
        })
    }
}

/// Turns [`HostError::NotFound`] into `None`.
pub(crate) fn found<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(HostError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::HostError;

    #[test]
    fn statuses_survive_the_round_trip() {
        for status in 1..20 {
            assert_eq!(HostError::from_status(status).map(HostError::status), Some(status));
        }
        assert_eq!(HostError::from_status(0), None);
    }
}
