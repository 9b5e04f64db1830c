//! The values of arguments: headers, statuses, chunks, and texts that files may contain.

use anyhow::{Context, Result};
use proxy_filter_trial::Bytes;

/// Reads a body, which may be a file's.
pub(super) fn content(text: Option<String>) -> Result<Option<Bytes>> {
    let read = |text: String| match text.strip_prefix('@') {
        Some(file) => std::fs::read(file).map(Bytes).with_context(|| format!("cannot read {file}")),
        None => Ok(text.into()),
    };
    text.map(read).transpose()
}

pub(super) fn header(text: &str) -> Result<(String, Bytes), String> {
    let (name, value) = text
        .strip_prefix(':')
        .map_or(text.split_once(':'), |pseudo| pseudo.split_once(':'))
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or("write `name: value`")?;
    let colon = if text.starts_with(':') { ":" } else { "" };
    Ok((format!("{colon}{}", name.trim().to_ascii_lowercase()), value.trim().into()))
}

pub(super) fn of_cluster(text: &str) -> Result<(String, Bytes), String> {
    let (cluster, value) = cluster(text)?;
    Ok((cluster, value.into()))
}

fn cluster(text: &str) -> Result<(String, &str), String> {
    let (cluster, value) = text.split_once('=').ok_or("write `CLUSTER=VALUE`")?;
    Ok((cluster.to_owned(), value))
}

pub(super) fn service(text: &str) -> Result<(String, u16), String> {
    let (cluster, status) = cluster(text)?;
    let is_status = |status: &u16| (100..600).contains(status);
    let status = status.parse().ok().filter(is_status).ok_or(format!("`{status}` is not a status"))?;
    Ok((cluster, status))
}

pub(super) fn service_header(text: &str) -> Result<(String, (String, Bytes)), String> {
    let (cluster, text) = cluster(text)?;
    Ok((cluster, header(text)?))
}

/// Parses a text with escaped bytes.
pub(super) fn chunk(text: &str) -> Result<Bytes, String> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let escape = after.chars().next().ok_or("a single `\\` at the end: write `\\\\`")?;
        let (byte, length) = match escape {
            'n' => (b'\n', 1),
            'r' => (b'\r', 1),
            't' => (b'\t', 1),
            '\\' => (b'\\', 1),
            'x' => {
                let digits = after.get(1..3).ok_or("write two digits after `\\x`")?;
                (u8::from_str_radix(digits, 16).map_err(|_| format!("`\\x{digits}` is not a byte"))?, 3)
            }
            other => return Err(format!("`\\{other}` is not an escape: write \\n, \\r, \\t, \\\\ or \\x00")),
        };
        bytes.push(byte);
        rest = after.get(length..).unwrap_or_default();
    }
    bytes.extend(rest.as_bytes());
    Ok(Bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.into()));
        assert_eq!(header("X-A: b: c"), pair("x-a", "b: c"));
        assert_eq!(header(":authority: b.example:80"), pair(":authority", "b.example:80"));
        assert_eq!(header("x-a:"), pair("x-a", ""));
        assert!(header("x-a").is_err() && header(": b").is_err() && header("").is_err());
    }

    #[test]
    fn chunks() {
        assert_eq!(chunk(r"a\n\x00\\n\xff").unwrap().as_ref(), b"a\n\0\\n\xff");
        for wrong in [r"\", r"\q", r"\x0", r"\xzz", r"\é"] {
            assert!(chunk(wrong).is_err(), "{wrong}");
        }
    }
}
