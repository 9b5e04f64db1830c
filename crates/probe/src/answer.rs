//! A host's response to a hostcall.

use std::fmt;

/// What a hostcall returned.
pub(crate) enum Answer {
    /// A status; 0 is success.
    Status(u32),
    /// Success, with bytes.
    Bytes(Vec<u8>),
    /// Success, with a number.
    Number(u64),
}

impl Answer {
    /// Replaces a port, which differs from run to run, with `PORT`.
    pub(crate) fn without_port(self) -> Self {
        match self {
            Self::Bytes(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let host = text.rsplit_once(':').map_or(text.as_str(), |(host, _)| host);
                Self::Bytes(format!("{host}:PORT").into_bytes())
            }
            answer => answer,
        }
    }

    /// Replaces the bytes with their length.
    pub(crate) fn only_length(self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(format!("<{} bytes>", bytes.len()).into_bytes()),
            answer => answer,
        }
    }

    /// Keeps the pairs of a header map whose names begin with `x-probe`.
    pub(crate) fn own_pairs(self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(own_pairs(&bytes).unwrap_or_default().into_bytes()),
            answer => answer,
        }
    }
}

fn own_pairs(bytes: &[u8]) -> Option<String> {
    let length = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let count = length(0)?;
    let mut data = 4 + 8 * count;
    let mut own = String::new();
    for index in 0..count {
        let (name_size, value_size) = (length(4 + 8 * index)?, length(8 + 8 * index)?);
        let name = bytes.get(data..data + name_size)?;
        let value = bytes.get(data + name_size + 1..data + name_size + 1 + value_size)?;
        data += name_size + value_size + 2;
        if name.starts_with(b"x-probe") {
            own += &format!("{}={};", name.escape_ascii(), value.escape_ascii());
        }
    }
    Some(own)
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(0) => f.write_str("ok"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Bytes(bytes) => write!(f, "ok `{}`", bytes.escape_ascii()),
            Self::Number(number) => write!(f, "ok {number}"),
        }
    }
}
